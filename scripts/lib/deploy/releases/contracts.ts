import type { JournalRecord } from '../journal.js';
import type { TakingBack } from '../plan.js';

/** What a leading word in a migration's name says: an older release cannot live with it. */
const CONTRACT = /^contract:/;

/** @returns whether an older release cannot live with a migration of that name */
export function isContract(name: string): boolean {
  return CONTRACT.test(name);
}

/**
 * The migrations that were run after a release had gone live for the first time and were not taken back, by service, the
 * newest first; pure. One that the release had already is none of them, though it may have been gone for a while in between.
 *
 * @param journal its records, oldest first
 * @param token of the operation that made the release live
 */
export function migratedSince(journal: readonly JournalRecord[], token: number): TakingBack[] {
  const [then, since] = [journal.filter((record) => record.token <= token), journal.filter((record) => record.token > token)];
  return without(namesIn(since), namesIn(then));
}

/**
 * The migrations that a release had when it went live for the first time and that are gone by now: older data may bring them back;
 * pure. Otherwise like {@link migratedSince}.
 */
export function goneSince(journal: readonly JournalRecord[], token: number): TakingBack[] {
  return without(namesIn(journal.filter((record) => record.token <= token)), namesIn(journal));
}

/** @returns what an operation has noted as gone, and as there again; pure */
export function notedBy(journal: readonly JournalRecord[], token: number): { gone: TakingBack[]; back: TakingBack[] } {
  const [before, after] = [journal.filter((record) => record.token < token), journal].map(namesIn) as [TakingBack[], TakingBack[]];
  return { gone: without(before, after), back: without(after, before) };
}

/** @returns of each service the names that the other list does not have */
function without(some: readonly TakingBack[], others: readonly TakingBack[]): TakingBack[] {
  const known = new Map(others.map(({ service, names }) => [service, names]));
  return among(some, (service, name) => !known.get(service)?.includes(name));
}

/** @returns of each service the names that belong; a service of which none does is left out; pure */
export function among(some: readonly TakingBack[], belongs: (service: string, name: string) => boolean): TakingBack[] {
  return some
    .map(({ service, names }) => ({ service, names: names.filter((name) => belongs(service, name)) }))
    .filter(({ names }) => names.length > 0);
}

/** @returns the migrations that were run and not taken back, the newest first */
function namesIn(journal: readonly JournalRecord[]): TakingBack[] {
  const found = new Map<string, string[]>();
  for (const record of journal) {
    if (record.kind !== 'migrated') continue;
    const names = found.get(String(record.service)) ?? [];
    for (const name of (record.names ?? []) as string[]) {
      if (record.down === true) names.splice(names.indexOf(name), names.includes(name) ? 1 : 0);
      // Told twice: one that failed in between was tried again.
      else if (!names.includes(name)) names.unshift(name);
    }
    found.set(String(record.service), names);
  }
  return [...found].map(([service, names]) => ({ service, names })).filter(({ names }) => names.length > 0);
}

/** A contracting migration that was run, and when. */
export interface Contract {
  service: string;
  name: string;
  /** Just before it was run, ISO 8601. */
  at: string;
  /** Of the operation that ran it. */
  token: number;
}

/** @returns the contracting ones of {@link migratedSince}; pure */
export function contractsSince(journal: readonly JournalRecord[], token: number): Contract[] {
  return migratedSince(journal, token).flatMap(({ service, names }) =>
    names.filter(isContract).flatMap((name) => {
      const run = journal.findLast((record) => isRun(record) && record.service === service && (record.names as string[]).includes(name));
      return run ? [{ service, name, at: run.at, token: run.token }] : [];
    }),
  );
}

function isRun({ kind, down }: JournalRecord): boolean {
  return kind === 'migrated' && down !== true;
}

/** @returns of each service what has to be taken back so that no contracting migration is left: those above it go as well; pure */
export function downToContracts(migrated: readonly TakingBack[]): TakingBack[] {
  return migrated
    .map(({ service, names }) => ({ service, names: names.slice(0, names.findLastIndex(isContract) + 1) }))
    .filter(({ names }) => names.length > 0);
}
