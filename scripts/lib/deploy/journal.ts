import type { Config } from '../config/load.js';
import { filesOf } from '../engine/archive.js';
import type { Deck } from '../engine/deck/deck.js';
import type { LockHolder } from '../engine/deck/holder.js';
import { JOURNAL_FILE, JOURNAL_FOLDER, segmentsIn } from '../engine/deck/protocol.js';
import type { Docker } from '../engine/docker.js';

/** One operation as the journal tells it. */
export interface OperationRecord {
  token: number;
  command: string;
  version: string;
  /** Undefined for what is about no colour, such as a restore. */
  colour: string | undefined;
  release: string | undefined;
  /** Who began it; older journals do not tell. */
  by: string | undefined;
  /** When its release's newest commit was made, ISO 8601; undefined where no commit is known. */
  committed: string | undefined;
  /** When it began, ISO 8601. */
  at: string;
  /** `done`, `failed`, `interrupted`; undefined while it runs, or when its deployer was killed. */
  outcome: string | undefined;
  reason: string | undefined;
  ms: number | undefined;
  /** The step that it is at, or was at when it ended. */
  step: string | undefined;
}

export interface JournalRecord {
  kind: string;
  token: number;
  at: string;
  [key: string]: unknown;
}

/** What is kept of earlier operations: the journal, and the files beside it. */
export interface Records {
  /** Oldest first. */
  journal: readonly JournalRecord[];
  /** @returns a file beside the journal; undefined when it is not there */
  kept: (name: string) => Promise<string | undefined>;
}

/** @returns the records as whoever holds the lock has them */
export function recordsOf(deck: Deck): Records {
  return { journal: deck.journal as JournalRecord[], kept: (name) => deck.kept(name) };
}

/** All files of the journal's volume, as they were at one moment. */
export type JournalFiles = ReadonlyMap<string, string>;

/** Reads the journal and what lies beside it without taking the lock: through a container that is made for it and never started. */
export async function withJournal<T>(docker: Docker, config: Config, action: (records: Records) => Promise<T>): Promise<T> {
  return action(recordsBeside(await readJournalFiles(docker, config)));
}

/** @returns what is kept, as files that were read at one moment tell it; pure */
export function recordsBeside(files: JournalFiles): Records {
  return { journal: recordsIn(files), kept: async (name) => files.get(name) };
}

/** @returns the journal's files, without taking the lock; none when there is no journal yet */
export async function readJournalFiles(docker: Docker, config: Config): Promise<JournalFiles> {
  const volume = config.names.volumes.journal;
  const { Volumes } = await docker.call('listing volumes', () => docker.api.listVolumes({ filters: { name: [volume] } }));
  if (!Volumes?.some(({ Name }) => Name === volume)) return new Map();
  const container = await docker.call('opening the journal', () =>
    docker.api.createContainer({
      Image: config.settings.NODE_IMAGE,
      Cmd: ['true'],
      HostConfig: { Mounts: [{ Type: 'volume', Source: volume, Target: JOURNAL_FOLDER, ReadOnly: true }] },
    }),
  );
  try {
    const files = await journalFilesIn(docker, container.id);
    return isWhole(files) ? files : await journalFilesIn(docker, container.id);
  } finally {
    await docker.call('closing the journal', () => container.remove({ force: true }));
  }
}

/** @returns the journal's files through a container that has its volume mounted, running or not */
export async function journalFilesIn(docker: Docker, container: string): Promise<JournalFiles> {
  const archive = await docker.archive(container, JOURNAL_FOLDER);
  return archive ? filesOf(archive) : new Map();
}

/** A file can be closed, and so get another name, after the names were read and before it was: what it held is then in neither. */
function isWhole(files: JournalFiles): boolean {
  const [first] = parseJournal(files.get(JOURNAL_FILE)?.split('\n', 1)[0] ?? '');
  return files.has(JOURNAL_FILE) && (first?.kind !== 'segment' || files.has(String(first.after)));
}

/** @returns the records of all of a journal's files, oldest first; pure */
export function recordsIn(files: JournalFiles): JournalRecord[] {
  return [...segmentsIn([...files.keys()]), JOURNAL_FILE].flatMap((name) => parseJournal(files.get(name) ?? ''));
}

/** @returns the journal's records, oldest first, without taking the lock; none when there is no journal yet */
export async function readJournal(docker: Docker, config: Config): Promise<readonly JournalRecord[]> {
  return withJournal(docker, config, async ({ journal }) => journal);
}

/** @returns the records of a journal's text; a line that a crash left half written is passed over */
export function parseJournal(text: string): JournalRecord[] {
  return parseLines<JournalRecord>(text);
}

/** @returns one object a line; a line that a crash left half written is passed over */
export function parseLines<T>(text: string): T[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line ? [JSON.parse(line) as T] : [];
    } catch {
      return [];
    }
  });
}

/** @returns the operations of a journal, newest first */
export function operationsOf(records: readonly JournalRecord[]): OperationRecord[] {
  const operations = new Map<number, OperationRecord>();
  for (const record of records) {
    const known = operations.get(record.token);
    if (record.kind === 'began') {
      operations.set(record.token, {
        token: record.token,
        command: String(record.command),
        version: String(record.version),
        colour: textOf(record.colour),
        release: textOf(record.release),
        by: textOf(record.by),
        committed: textOf(record.committed),
        at: record.at,
        outcome: undefined,
        reason: undefined,
        ms: undefined,
        step: undefined,
      });
    } else if (record.kind === 'step-began' && known) {
      known.step = String(record.step);
    } else if (record.kind === 'ended' && known) {
      Object.assign(known, { outcome: record.outcome, reason: record.reason, ms: record.ms });
    }
  }
  return [...operations.values()].reverse();
}

/**
 * Every operation takes the lock before it begins: one that began before the lock was taken is not the one that holds it.
 *
 * @param operation the newest of the journal, which has no end
 * @param holder who holds the lock now
 * @returns whether it runs; otherwise its deployer was killed. Pure
 */
export function isRunning({ at }: Pick<OperationRecord, 'at'>, holder: LockHolder | undefined): boolean {
  return holder !== undefined && !(Date.parse(at) < Date.parse(holder.since));
}

function textOf(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value);
}
