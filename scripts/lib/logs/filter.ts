import { levelOf, recordIn } from './level.js';
import { type Level, levels } from './levels.js';
import type { LogLine } from './source.js';

/** Which lines are wanted. */
export interface LineFilter {
  /** Lines of this level, and graver ones. */
  level: Level | undefined;
  /** With a level: leaves out lines that tell none, which are shown otherwise. */
  onlyKnown: boolean;
  /** The id of a request. */
  request: string | undefined;
}

/** @returns tells whether a line is wanted; undefined when all are, and none has to be looked at */
export function filterOf({ level, onlyKnown, request }: LineFilter): ((line: LogLine) => boolean) | undefined {
  const tests: ((line: LogLine) => boolean)[] = [];
  if (request !== undefined) tests.push(tellsOf(request));
  if (level !== undefined) {
    tests.push((line) => {
      const own = levelOfLine(line);
      return own === undefined ? !onlyKnown : levels[own] >= levels[level];
    });
  }
  if (tests.length === 0) return undefined;
  return (line) => tests.every((test) => test(line));
}

/** @returns how grave a line is; undefined when it does not tell */
export function levelOfLine({ text, source }: LogLine): Level | undefined {
  return levelOf(text, recordIn(text), source.colour === undefined && source.service === 'edge');
}

/**
 * The edge makes an id for each request, answers with it (X-Request-ID) and hands it on. Apps log it under whatever name, or in a
 * plain sentence: a line is about the request when the id stands in it as a word of its own.
 */
function tellsOf(request: string): (line: LogLine) => boolean {
  const word = new RegExp(`(?<![\\w-])${request.replace(/[.]/g, '\\.')}(?![\\w-])`);
  return ({ text }) => text.includes(request) && word.test(text);
}

/** Where JSON loggers put a request's id: the sample app and the edge; others. */
const REQUEST_FIELDS = ['request_id', 'requestId', 'req_id', 'reqId'];

/** @returns the id of the request that a line is about, where it is JSON and says so */
export function requestOf(text: string): string | undefined {
  const record = recordIn(text);
  const told = REQUEST_FIELDS.map((field) => record?.[field]).find((value) => value !== undefined && value !== '');
  return typeof told === 'string' || typeof told === 'number' ? String(told) : undefined;
}
