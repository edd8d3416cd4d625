import { SlipwayError, UsageError } from '../../errors.js';
import { readCatalogue } from '../catalogue.js';
import { findSet } from '../find-set.js';
import { MANIFEST } from '../keys.js';
import { unpin } from '../mark.js';
import { isEncrypted } from '../pipe/unpack.js';
import type { Context } from '../run/context.js';
import { openObject } from '../run/download.js';
import { kinds as allKinds, type CataloguedSet } from '../set.js';
import type { RestorableKind } from '../sidecar/restore-results.js';
import type { Store } from '../store/store.js';
import type { Source } from './work.js';

/** What a set can have that is restored into servers and volumes. */
export const restorableKinds: readonly RestorableKind[] = allKinds.filter((kind) => kind !== 'config');

/**
 * Finds the set that a person means. The newest one is never a safety set: that has what a restore was meant to replace.
 *
 * @param wanted a set's id, or `latest`
 * @param kinds what it has to have; none: whatever it has, or, of `latest`, all
 * @param stack the stack that it is of
 * @throws UsageError when there is no such set
 */
export async function findSource(
  context: Context,
  wanted: string,
  kinds: readonly RestorableKind[],
  stack: string,
): Promise<Source & { set: CataloguedSet }> {
  const catalogue = await readCatalogue(context.stores, stack, context.signal);
  if (catalogue.sets.length === 0 && catalogue.unreachable.length > 0) {
    throw new SlipwayError('no store can be read', { details: catalogue.unreachable.map(({ store, problem }) => `${store}: ${problem}`) });
  }
  const isLatest = wanted === 'latest';
  const sets = isLatest ? catalogue.sets.filter(({ manifest }) => manifest.reason !== 'restore') : catalogue.sets;
  try {
    const set = findSet({ ...catalogue, sets }, wanted, isLatest && kinds.length === 0 ? restorableKinds : kinds);
    const stores = context.stores.filter(({ name }) => set.stores.includes(name));
    return { context: { ...context, stack }, manifest: set.manifest, stores, set };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw await withOtherStacks(error, context, wanted, stack);
  }
}

/** Says which other stacks have such a set: their data must not get here by mistake, but may be what is meant. */
async function withOtherStacks(error: UsageError, { stores, signal }: Context, wanted: string, stack: string): Promise<UsageError> {
  const found = new Set<string>();
  for (const store of stores) for (const other of await stacksWith(store, wanted)) found.add(other);
  signal.throwIfAborted();
  found.delete(stack);
  if (found.size === 0) return error;
  const hints = [...found]
    .sort()
    .map((other) => `the stack ${other} has ${wanted === 'latest' ? 'sets' : 'it'}: add --from-stack ${other}`);
  return new UsageError(error.message, { details: error.details, hints: [...error.hints, ...hints], cause: error });
}

async function stacksWith(store: Store, wanted: string): Promise<string[]> {
  const stacks = new Set<string>();
  try {
    for await (const { key } of store.list('')) {
      const [stack = '', set, name] = key.split('/');
      if (name === MANIFEST && (wanted === 'latest' || set === wanted)) stacks.add(stack);
    }
  } catch (error) {
    // A store that does not answer has been told of already.
    if (!(error instanceof SlipwayError)) throw error;
  }
  return [...stacks];
}

/** Lets retention remove a set in its time again. @returns whether there still is one of that id */
export async function unpinSet({ stores, stack, signal }: Context, id: string): Promise<boolean> {
  const set = (await readCatalogue(stores, stack, signal)).sets.find(({ manifest }) => manifest.set === id);
  if (set) await unpin(stores, set);
  return set !== undefined;
}

/**
 * Makes sure that a set can be decrypted, by the beginning of its smallest object.
 *
 * @throws UsageError when an identity is missing; SlipwayError when it is the wrong one
 */
export async function assertReadable({ context, manifest, stores }: Source): Promise<void> {
  const [smallest] = manifest.objects.filter(isEncrypted).sort((a, b) => a.stored.bytes - b.stored.bytes);
  const [store] = stores;
  if (!smallest || !store) return;
  for await (const _ of openObject(context, store, manifest, smallest)) break;
}
