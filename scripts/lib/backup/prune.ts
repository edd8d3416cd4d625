import { messageOf, SlipwayError } from '../errors.js';
import type { Catalogue } from './catalogue.js';
import { folderOf, keyOf, MANIFEST, PINNED } from './keys.js';
import { planRetention, planSweep, type RetentionPlan, type RetentionPolicy } from './retention.js';
import type { Store, StoredEntry } from './store/store.js';

/** Nothing was removed since it could not be told what may go, or something could not be removed. */
export class PruneError extends SlipwayError {}

/** A set's folder, gone from a store, or to be removed. */
export interface Removed {
  set: string;
  store: string;
  because: string;
  objects: number;
  bytes: number;
}

export interface Pruned extends RetentionPlan {
  /** With a dry run: what would be removed. */
  removed: Removed[];
}

export interface PruneOptions {
  /** Says what it would remove, and removes nothing. */
  dryRun: boolean;
  /** Aborted when the lock is lost: what is not removed by then stays. */
  signal?: AbortSignal;
}

interface Folder {
  store: Store;
  entries: StoredEntry[];
}
interface Candidate {
  set: string;
  because: string;
  stores: readonly Store[];
  /** A left-over that got a manifest in the meantime is a set. */
  leftOver: boolean;
}

/**
 * Removes the sets that no rule keeps, and what killed runs left. Call it while holding the backup lock, with a catalogue
 * that was read under it.
 *
 * @throws PruneError, having removed nothing, when the catalogue does not know what all the stores have; or at the end,
 *   naming each set and store where removing failed
 */
export async function prune(
  stores: readonly Store[],
  catalogue: Catalogue,
  policy: RetentionPolicy,
  now: Date,
  { dryRun, signal }: PruneOptions,
): Promise<Pruned> {
  refuseIgnorance(catalogue);
  const plan = planRetention(catalogue.sets, policy, now);
  const removed: Removed[] = [];
  const failures: { text: string; cause: unknown }[] = [];
  for (const candidate of candidatesOf(stores, catalogue, plan, now)) {
    try {
      removed.push(...(await removeSet(catalogue.stack, candidate, { dryRun, signal })));
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof SlipwayError)) throw error;
      failures.push({ text: `${candidate.set}: ${messageOf(error)}`, cause: error });
    }
  }
  if (failures.length === 0) return { ...plan, removed };
  throw new PruneError(`pruning removed ${removed.length} sets' folders, and failed for ${failures.length}`, {
    details: failures.map(({ text }) => text),
    hints: ['the next pruning tries again'],
    cause: failures[0]?.cause,
  });
}

function refuseIgnorance({ unreachable }: Catalogue): void {
  if (unreachable.length === 0) return;
  throw new PruneError('nothing is pruned while a store cannot be listed: what it has is not known', {
    details: unreachable.map(({ store, problem }) => `${store}: ${problem}`),
  });
}

function candidatesOf(stores: readonly Store[], { incomplete }: Catalogue, { remove }: RetentionPlan, now: Date): Candidate[] {
  const expired = remove.map(({ set, because }): Candidate => ({ set: set.manifest.set, because, stores, leftOver: false }));
  const swept = planSweep(incomplete, now).map(
    ({ set, store }): Candidate => ({
      set,
      because: 'left by a run that did not come to its end',
      stores: stores.filter(({ name }) => name === store),
      leftOver: true,
    }),
  );
  return [...expired, ...swept.filter(({ set }) => !expired.some((candidate) => candidate.set === set))];
}

/**
 * Removes a set from all stores, also from those where it is damaged. The manifests go first: whatever happens then, there
 * is no set that is half there.
 */
async function removeSet(
  stack: string,
  { set, because, stores, leftOver }: Candidate,
  { dryRun, signal }: { dryRun: boolean; signal: AbortSignal | undefined },
): Promise<Removed[]> {
  const folders = (await Promise.all(stores.map((store) => folderIn(store, folderOf(stack, set))))).filter(
    ({ entries }) => entries.length > 0,
  );
  const keys = folders.flatMap(({ entries }) => entries.map(({ key }) => key));
  // Between reading the catalogue and now, a person may have pinned it.
  if (keys.includes(keyOf(stack, set, PINNED)) || (leftOver && keys.includes(keyOf(stack, set, MANIFEST)))) return [];
  signal?.throwIfAborted();
  if (!dryRun) {
    for (const { store } of folders) await store.remove([keyOf(stack, set, MANIFEST)]);
    for (const { store, entries } of folders) await store.remove(entries.map(({ key }) => key));
  }
  return folders.map(({ store, entries }) => ({
    set,
    store: store.name,
    because,
    objects: entries.length,
    bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
  }));
}

async function folderIn(store: Store, prefix: string): Promise<Folder> {
  const entries: StoredEntry[] = [];
  for await (const entry of store.list(prefix)) if (entry.key.startsWith(prefix)) entries.push(entry);
  return { store, entries };
}
