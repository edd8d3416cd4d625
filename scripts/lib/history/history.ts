import { loadConfig } from '../config/load.js';
import { type JournalRecord, readJournalFiles, recordsIn } from '../deploy/journal.js';
import { type Session, sessionsIn } from '../deploy/sessions.js';
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
  /** Who was in a container, by `exec` or `psql`: as many of the last ones, the newest first. */
  sessions: Session[];
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
  const [files, holder] = await Promise.all([readJournalFiles(docker, config), lockHolder(docker, config.names)]);
  return { stack: config.settings.STACK, ...historyOf(recordsIn(files), holder, request, Date.now(), sessionsIn(files)) };
}

/** @returns the last operations and sessions, and the figures of all operations that lie in the window; pure */
export function historyOf(
  records: readonly JournalRecord[],
  holder: LockHolder | undefined,
  { last, windowMs }: HistoryRequest,
  now: number,
  sessions: readonly Session[] = [],
): Omit<History, 'stack'> {
  const entries = entriesOf(records, holder);
  return {
    running: holder ?? null,
    total: entries.length,
    operations: entries.slice(0, last),
    sessions: sessions.slice(0, last),
    dora: doraOf(entries, windowMs, now),
  };
}
