import { messageOf, SlipwayError } from '../errors.js';
import { keyOf, PINNED, VERIFIED } from './keys.js';
import type { CataloguedSet } from './set.js';
import type { Store } from './store/store.js';

/** A mark did not get into every store. */
export class MarkError extends SlipwayError {}

/**
 * Writes down that a drill restored a set, wherever the set is whole.
 *
 * @param moment when it was restored
 * @param seconds how long that took
 * @throws MarkError naming the stores that did not take it; the others have it
 */
export async function markVerified(stores: readonly Store[], set: CataloguedSet, moment: Date, seconds: number): Promise<void> {
  await put(stores, set, VERIFIED, { verified: moment.toISOString(), seconds });
}

/**
 * Keeps a set from being removed, until it is unpinned. One store that has the mark is enough for that.
 *
 * @throws MarkError naming the stores that did not take it; the others have it
 */
export async function pin(stores: readonly Store[], set: CataloguedSet, moment: Date): Promise<void> {
  await put(stores, set, PINNED, { pinned: moment.toISOString() });
}

/**
 * Lets a set be removed in its time again. The mark is looked for in all stores, also in those that have the set no longer
 * whole.
 *
 * @throws MarkError naming the stores that may still have it
 */
export async function unpin(stores: readonly Store[], { manifest }: CataloguedSet): Promise<void> {
  const key = keyOf(manifest.stack, manifest.set, PINNED);
  await inAll(stores, `unpinning ${manifest.set}`, (store) => store.remove([key]));
}

async function put(stores: readonly Store[], set: CataloguedSet, name: string, content: unknown): Promise<void> {
  const { stack, set: id } = set.manifest;
  const having = stores.filter((store) => set.stores.includes(store.name));
  if (having.length === 0) throw new MarkError(`${id}: none of the stores has this set whole, so it cannot be marked`);
  const bytes = Buffer.from(`${JSON.stringify(content, undefined, 2)}\n`);
  await inAll(having, `marking ${id} (${name})`, (store) => store.put(keyOf(stack, id, name), once(bytes)));
}

/** Asks all stores, whatever one of them says. */
async function inAll(stores: readonly Store[], what: string, action: (store: Store) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(stores.map(action));
  const errors = results.flatMap((result, index) =>
    result.status === 'rejected' ? [{ store: stores[index]?.name, reason: result.reason as unknown }] : [],
  );
  const bug = errors.find(({ reason }) => !(reason instanceof SlipwayError));
  if (bug) throw bug.reason;
  const [first] = errors;
  if (first === undefined) return;
  throw new MarkError(`${what} failed in ${errors.map(({ store }) => store).join(', ')}`, {
    details: errors.map(({ store, reason }) => `${store}: ${messageOf(reason)}`),
    hints: ['type the same command again when the store answers'],
    cause: first.reason,
  });
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
