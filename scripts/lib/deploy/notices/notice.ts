import { formatDuration } from '../../config/durations.js';
import type { Colour } from '../../config/names.js';
import { exitCodes } from '../../errors.js';
import { chatText } from '../../webhook/chat-text.js';

/** What an operation is about. */
export interface Subject {
  command: 'deploy' | 'rollback';
  stack: string;
  version: string;
  release: string;
  colour: Colour;
  /** The commit that the release was made from; undefined outside git. */
  revision: string | undefined;
  /** Its number, as in the journal. */
  operation: number;
  by: string;
  /** What was live when it began; undefined: nothing, or it began in another command. */
  before: Serving | undefined;
  /** Its deployer was killed, at this step, and another command takes it up; undefined: it is that command's own. */
  cutOffAt: string | undefined;
}

/** A release that the edge sends traffic to. */
export interface Serving {
  version: string;
  colour: Colour;
}

/** How an operation ended. */
export type Ending =
  | { event: 'deployed' | 'rolled-back' }
  /** What was cut off is in order. */
  | { event: 'recovered'; what: 'finished' | 'undone' }
  /** The reason is one line, and has no secret in it. */
  | { event: 'failed' | 'interrupted'; reason: string; exitCode: number };

export interface Notice {
  subject: Subject;
  ending: Ending;
  /** What serves now; `unknown` when the engine did not tell. */
  live: Serving | undefined | 'unknown';
  milliseconds: number;
  /** ISO 8601. */
  at: string;
}

/** Discord takes no text of more than 2,000 characters; this and a long reason stay below it. */
const LONGEST_REASON = 600;
const LONGEST_TEXT = 2_000;

/**
 * Makes the document that is sent; pure. Chats show `text`, everything else is for programs. None of its keys means
 * anything to a chat: Mattermost has a `type` of its own, Rocket.Chat stumbles over a `payload`.
 *
 * @returns every key, whatever happened; what is not known, or does not apply, is null
 */
export function documentOf(notice: Notice): Record<string, unknown> {
  const { subject, ending, live, milliseconds, at } = notice;
  const { before, revision, cutOffAt, ...rest } = subject;
  return {
    text: chatText(textOf(notice)).slice(0, LONGEST_TEXT),
    event: ending.event,
    ...rest,
    revision: revision ?? null,
    before: before ?? null,
    live: live === 'unknown' ? null : (live ?? null),
    cutOffAt: cutOffAt ?? null,
    recovery: ending.event === 'recovered' ? ending.what : null,
    reason: 'reason' in ending ? ending.reason : null,
    exitCode: 'exitCode' in ending ? ending.exitCode : exitCodes.done,
    seconds: Math.round(milliseconds / 100) / 10,
    at,
  };
}

/** @returns what a person reads; pure */
export function textOf({ subject, ending, live, milliseconds }: Notice): string {
  const { stack, version, colour, before, revision } = subject;
  const which = `${subject.command} ${version}${subject.cutOffAt === undefined ? '' : `, which was cut off at "${subject.cutOffAt}",`}`;
  const took = `after ${formatDuration(milliseconds)}, by ${subject.by}`;
  const commit = revision === undefined ? '' : `, commit ${shortened(revision)}`;
  const replaced = before ? `, in place of ${before.version}` : '';
  switch (ending.event) {
    case 'deployed':
      return `✅ ${stack}: ${version} is live (${colour})${replaced}, ${took}${commit}`;
    case 'rolled-back':
      return `↩️ ${stack}: ${version} is live again (${colour})${replaced}, ${took}${commit}`;
    case 'recovered':
      return `🔧 ${stack}: ${which} is ${ending.what}, ${took}. ${serves(live)}`;
    case 'interrupted':
      return `⏹️ ${stack}: ${which} was interrupted, ${took}. ${serves(live)}${looks(ending.exitCode)}`;
    case 'failed':
      return `❌ ${stack}: ${which} failed, ${took}: ${cutShort(ending.reason)}. ${serves(live)}${looks(ending.exitCode)}`;
  }
}

function serves(live: Notice['live']): string {
  if (live === 'unknown') return 'What serves is not known.';
  return live ? `${live.version} serves (${live.colour}).` : 'No release is live.';
}

function looks(exitCode: number): string {
  return exitCode === exitCodes.attention ? ' 🚨 A person has to look: npx zx scripts/status.mjs' : '';
}

/** A working tree with changes has `-dirty` behind its commit. */
function shortened(revision: string): string {
  const [commit = '', ...rest] = revision.split('-');
  return [commit.slice(0, 12), ...rest].join('-');
}

function cutShort(reason: string): string {
  return reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON)}…` : reason;
}
