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
 * newest first; pure.
 *
 * @param journal its records, oldest first
 * @param token of the operation that made the release live
 */
export function migratedSince(journal: readonly JournalRecord[], token: number): TakingBack[] {
  const since = new Map<string, string[]>();
  for (const record of journal) {
    if (record.kind !== 'migrated' || record.token <= token) continue;
    const names = since.get(String(record.service)) ?? [];
    for (const name of (record.names ?? []) as string[]) {
      if (record.down === true) names.splice(names.indexOf(name), names.includes(name) ? 1 : 0);
      // Told twice: one that failed in between was tried again.
      else if (!names.includes(name)) names.unshift(name);
    }
    since.set(String(record.service), names);
  }
  return [...since].map(([service, names]) => ({ service, names })).filter(({ names }) => names.length > 0);
}

/** @returns of each service what has to be taken back so that no contracting migration is left: those above it go as well; pure */
export function downToContracts(migrated: readonly TakingBack[]): TakingBack[] {
  return migrated
    .map(({ service, names }) => ({ service, names: names.slice(0, names.findLastIndex(isContract) + 1) }))
    .filter(({ names }) => names.length > 0);
}
