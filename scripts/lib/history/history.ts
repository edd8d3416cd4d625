import { loadConfig } from '../config/load.js';
import { type JournalRecord, readJournal } from '../deploy/journal.js';
import { assertEngine } from '../deploy/state.js';
import { type LockHolder, lockHolder } from '../engine/deck/holder.js';
import { Docker } from '../engine/docker.js';
import { type Dora, doraOf } from './dora.js';
import { type Entry, entriesOf } from './entries.js';
import type { HistoryRequest } from './request.js';

/** What `history` tells, the same for people and programs. */
export interface History {
  stack: string;
  /** The operation that holds the lock. */
  running: LockHolder | null;
  /** How many operations the journal has. */
  total: number;
  /** The last of them, the newest first. */
  operations: Entry[];
  dora: Dora;
}

/**
 * Reads a stack's journal; takes no lock and changes nothing.
 *
 * @param dotenv the path that --dotenv gave
 */
export async function readHistory(dotenv: string | undefined, request: HistoryRequest): Promise<History> {
  const config = await loadConfig(dotenv);
  const docker = new Docker();
  await assertEngine(docker);
  const [records, holder] = await Promise.all([readJournal(docker, config), lockHolder(docker, config.names)]);
  return { stack: config.settings.STACK, ...historyOf(records, holder, request, Date.now()) };
}

/** @returns the last operations, and the figures of all that lie in the window; pure */
export function historyOf(
  records: readonly JournalRecord[],
  holder: LockHolder | undefined,
  { last, windowMs }: HistoryRequest,
  now: number,
): Omit<History, 'stack'> {
  const entries = entriesOf(records, holder);
  return { running: holder ?? null, total: entries.length, operations: entries.slice(0, last), dora: doraOf(entries, windowMs, now) };
}
