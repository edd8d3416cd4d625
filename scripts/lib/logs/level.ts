import { levelInWords } from './level-words.js';
import { type Level, levelNamed, levelNumbered, levelOfStatus } from './levels.js';

/** A line's own JSON object. */
export type LineRecord = Readonly<Record<string, unknown>>;

/** Where JSON loggers put the level: most; Google Cloud; others; Python; Elastic; Postgres. */
const FIELDS = ['level', 'severity', 'lvl', 'levelname', 'log.level', 'error_severity'];

/**
 * Finds out how grave a line is: by its level where it is JSON, else by its HTTP status; a plain one by its words; pure.
 *
 * @param record the line's own JSON object, if it is one
 * @param byStatus whether the status counts more than a level that stands in the line: the edge writes every request as `info`
 * @returns undefined when the line does not tell
 */
export function levelOf(text: string, record: LineRecord | undefined, byStatus: boolean): Level | undefined {
  if (!record) return levelInWords(text);
  const status = typeof record.status === 'number' ? levelOfStatus(record.status) : undefined;
  return byStatus && status ? status : (toldIn(record) ?? status);
}

function toldIn(record: LineRecord): Level | undefined {
  const nested = (record.log as { level?: unknown } | undefined | null)?.level;
  const told = [...FIELDS.map((field) => record[field]), nested].find((value) => value !== undefined && value !== null);
  if (typeof told === 'number') return levelNumbered(told);
  return typeof told === 'string' ? levelNamed(told) : undefined;
}

/** @returns a line's own JSON object; undefined when it is none */
export function recordIn(text: string): LineRecord | undefined {
  if (!text.startsWith('{') || !text.endsWith('}')) return undefined;
  try {
    return JSON.parse(text) as LineRecord;
  } catch {
    return undefined; // It only looked like one.
  }
}
