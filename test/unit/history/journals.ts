import type { JournalRecord } from '../../../scripts/lib/deploy/journal.js';
import { type Entry, entriesOf } from '../../../scripts/lib/history/entries.js';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const now = Date.parse('2026-05-31T12:00:00.000Z');

/** @returns the time so long before {@link now}, ISO 8601 */
export function ago(milliseconds: number): string {
  return new Date(now - milliseconds).toISOString();
}

/** When an operation began (milliseconds before {@link now}), and what differs from one that went well. */
export interface Told {
  ago: number;
  /** How long after its beginning it was live (milliseconds). */
  after?: number;
  release?: string;
  committed?: string | undefined;
  command?: string;
}

const began = (token: number, told: Told): JournalRecord => ({
  kind: 'began',
  token,
  at: ago(told.ago),
  command: told.command ?? 'deploy',
  version: `v${token}`,
  colour: token % 2 === 0 ? 'green' : 'blue',
  release: told.release ?? `r${token}`,
  by: 'ada@laptop',
  ...(told.committed === undefined ? {} : { committed: told.committed }),
});
const note = (token: number, told: Told, kind: string, rest: Record<string, unknown> = {}): JournalRecord => ({
  kind,
  token,
  at: ago(told.ago - (told.after ?? MINUTE)),
  ...rest,
});
const cut = (token: number, told: Told) => note(token, told, 'step-done', { step: 'cut' });
const live = (token: number, told: Told) =>
  note(token, told, 'release', { release: told.release ?? `r${token}`, version: `v${token}`, colour: 'blue', revision: 'c0ffee' });
const ended = (token: number, told: Told, outcome: string, reason?: string) => note(token, told, 'ended', { outcome, reason, ms: 61_500 });

/** @returns the records of a deploy that went live; with a `release` and the command `rollback`, of going back to it */
export function wentLive(token: number, told: Told): JournalRecord[] {
  return [began(token, told), cut(token, told), live(token, told), ended(token, told, 'done')];
}

/** @returns the records of going back to the release that the deploy `to` had made */
export function rolledBack(token: number, to: number, told: Told): JournalRecord[] {
  return wentLive(token, { ...told, command: 'rollback', release: `r${to}` });
}

/** @returns the records of a deploy that failed while traffic was still with the old colour */
export function refused(token: number, told: Told, reason = 'backend is unhealthy'): JournalRecord[] {
  return [
    began(token, told),
    note(token, told, 'step-began', { step: 'check' }),
    note(token, told, 'undo-began', { step: 'stop blue' }),
    ended(token, told, 'failed', reason),
  ];
}

/** @returns the records of a deploy that failed when it had traffic already, and gave it back */
export function takenBack(token: number, told: Told, outcome = 'failed'): JournalRecord[] {
  return [began(token, told), cut(token, told), note(token, told, 'undo-began', { step: 'cut back' }), ended(token, told, outcome, 'sick')];
}

/** @returns the records of a deploy whose deployer was killed, or that still runs */
export function open(token: number, told: Told): JournalRecord[] {
  return [began(token, told), note(token, told, 'step-began', { step: 'healthy' })];
}

/** @returns the records of a restore */
export function restored(token: number, told: Told): JournalRecord[] {
  const common = { command: 'restore', version: '20260501_020000' };
  return [{ kind: 'began', token, at: ago(told.ago), ...common }, ended(token, told, 'done')];
}

/** @returns what the journal of these operations tells, the newest first */
export function entries(...operations: JournalRecord[][]): Entry[] {
  return entriesOf(operations.flat(), undefined);
}
