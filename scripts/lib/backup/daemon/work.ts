import { masker } from '../../config/masker.js';
import { SlipwayError } from '../../errors.js';
import { readCatalogue } from '../catalogue.js';
import { findSet, lastSuccess } from '../find-set.js';
import { markVerified } from '../mark.js';
import { prune, type Removed } from '../prune.js';
import type { Context } from '../run/context.js';
import { drillSet } from '../run/drill.js';
import { withBackupLock } from '../run/lock.js';
import { policyOf } from '../run/policy.js';
import { makeSet, type RunRequest } from '../run/run.js';
import { type Verification, verifySet } from '../run/verify.js';
import { kinds as allKinds, type CataloguedSet, type Kind } from '../set.js';
import type { DrillOutcome, PruneResult, RunResult } from '../sidecar/results.js';
import type { Store } from '../store/store.js';
import { setFactsOf } from './facts.js';
import { type Asker, type Recorder, recorded } from './recorded.js';
import { type VacuumResult, vacuumAll } from './vacuum.js';

/** A person, or a deploy, by a command. */
export const BY_COMMAND: Asker = { by: 'command' };

/**
 * Makes a set, and removes those that no rule keeps.
 *
 * @throws BusyError when another backup, restore or drill is running
 */
export async function backUp(context: Context, request: RunRequest, asker: Asker): Promise<RunResult> {
  return (await backUpUnless(context, request, asker, async () => false)) as RunResult;
}

/**
 * Makes a set of all kinds, unless one was begun since a time: other hosts may work on the same data, with the same schedule.
 *
 * @returns undefined when there was nothing to do
 */
export async function backUpSince(context: Context, request: RunRequest, asker: Asker, since: Date): Promise<RunResult | undefined> {
  return backUpUnless(context, request, asker, async ({ stores, stack, signal, now }) => {
    const last = lastSuccess(await readCatalogue(stores, stack, signal), now());
    return last !== undefined && last >= since;
  });
}

function backUpUnless(
  context: Context,
  request: RunRequest,
  asker: Asker,
  isDone: (held: Context) => Promise<boolean>,
): Promise<RunResult | undefined> {
  const whole = request.kinds.length === 0 || request.kinds.length === allKinds.length;
  const success = (result: RunResult | undefined) => {
    if (result === undefined) return undefined;
    const { set } = result;
    return { seconds: (Date.parse(set.ended) - Date.parse(set.began)) / 1_000, made: setFactsOf(set) };
  };
  return recorded(recorderOf(context), { job: 'backup', asker, whole, success }, () =>
    locked(context, async (held) => {
      if (await isDone(held)) return undefined;
      const set = await makeSet(held, request);
      return { set, removed: await pruneAfter(held) };
    }),
  );
}

/**
 * Restores a set into throwaway servers, and marks it as verified when that went well.
 *
 * @param wanted a set's id, or `latest`: the newest one of all kinds
 * @throws BusyError when another backup, restore or drill is running
 */
export async function drill(context: Context, wanted: string, asker: Asker): Promise<DrillOutcome> {
  const success = ({ seconds, set, restored }: DrillOutcome) => ({ seconds, set, restored });
  return recorded(recorderOf(context), { job: 'drill', asker, whole: true, success }, () =>
    locked(context, async (held) => {
      const set = await find(held, wanted, wanted === 'latest' ? allKinds : []);
      const [store] = storesWith(held, set);
      const result = await drillSet(held, store as Store, set.manifest);
      if (result.restored) await markVerified(held.stores, set, held.now(), result.seconds);
      return { ...result, began: set.manifest.began };
    }),
  );
}

/** Reads a set back from every store that has it. */
export async function verify(context: Context, wanted: string, asker: Asker): Promise<Verification[]> {
  const began = performance.now();
  const success = (all: Verification[]) => ({
    seconds: Math.round(performance.now() - began) / 1_000,
    ...(all[0] ? { set: all[0].set } : {}),
  });
  return recorded(recorderOf(context), { job: 'verify', asker, whole: true, success }, async () => {
    const set = await find(context, wanted, []);
    const verifications = [];
    for (const store of storesWith(context, set)) verifications.push(await verifySet(context, store, set.manifest));
    return verifications;
  });
}

/** VACUUM (ANALYZE) of all databases. It needs no lock of ours: backups read their snapshots beside it. */
export async function vacuum(context: Context, asker: Asker): Promise<VacuumResult> {
  const success = ({ seconds, note }: VacuumResult) => ({ seconds, note });
  return recorded(recorderOf(context), { job: 'vacuum', asker, whole: true, success }, () => vacuumAll(context));
}

/** Only after a success is anything removed: sets must not run out while new ones fail. The set stands, however this ends. */
async function pruneAfter(context: Context): Promise<Removed[]> {
  try {
    return (await pruneNow(context, false)).removed;
  } catch (error) {
    if (!(error instanceof SlipwayError) || context.signal.aborted) throw error;
    context.tell({ event: 'warning', text: `the set is complete, but old ones could not be removed: ${error.message}` });
    return [];
  }
}

/** Removes the sets that no rule keeps. Call it while holding the backup lock. */
export async function pruneNow(context: Context, dryRun: boolean): Promise<PruneResult> {
  const catalogue = await readCatalogue(context.stores, context.stack, context.signal);
  return prune(context.stores, catalogue, policyOf(context), context.now(), { dryRun, signal: context.signal });
}

/** Holds the backup lock; the work stops when the lock is lost. */
export function locked<T>(context: Context, action: (held: Context) => Promise<T>): Promise<T> {
  return withBackupLock(context.postgres.server, (lost) => action({ ...context, signal: AbortSignal.any([context.signal, lost]) }));
}

/**
 * @param wanted a set's id, or `latest`
 * @param needed the kinds that it has to have
 * @throws UsageError when there is no such set; SlipwayError when no store can be read
 */
export async function find(context: Context, wanted: string, needed: readonly Kind[]): Promise<CataloguedSet> {
  const catalogue = await readCatalogue(context.stores, context.stack, context.signal);
  if (catalogue.sets.length === 0 && catalogue.unreachable.length > 0) {
    throw new SlipwayError('no store can be read', { details: catalogue.unreachable.map(({ store, problem }) => `${store}: ${problem}`) });
  }
  return findSet(catalogue, wanted, needed);
}

function storesWith({ stores }: Context, set: CataloguedSet): Store[] {
  return stores.filter(({ name }) => set.stores.includes(name));
}

/** @returns what is needed to write down how the work of a context ends */
export function recorderOf({ paths, now, tell, signal, secrets }: Context): Recorder {
  return { scratch: paths.scratch, now, tell, signal, mask: masker(secrets) };
}
