import { randomBytes } from 'node:crypto';
import { messageOf } from '../../errors.js';
import { StoreError } from './errors.js';
import { joined } from './joined.js';
import type { Store } from './store.js';

/** As much as needed to see that what comes back is what was sent. */
export const PROBE_BYTES = 64;

/** What of a store is tried out. */
export type Tried = Pick<Store, 'name' | 'put' | 'get' | 'remove'>;

/**
 * Writes a tiny object, reads it back and removes it.
 *
 * @param prefix what its key begins with
 * @throws StoreError when the store fails, or gives something else back
 */
export async function roundTrip(store: Tried, prefix: string): Promise<void> {
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  const key = `${folder}.probe-${randomBytes(8).toString('hex')}`;
  const content = randomBytes(PROBE_BYTES);
  await store.put(key, once(content));
  try {
    const pieces: Uint8Array[] = [];
    for await (const piece of store.get(key)) pieces.push(piece);
    if (!content.equals(Buffer.concat(pieces))) throw new StoreError(`${store.name}: a tiny object did not come back as it was written`);
  } catch (error) {
    const left = await store.remove([key]).then(
      () => [],
      (failure: unknown) => [`${key} stays: ${messageOf(failure)}`],
    );
    throw joined(error, left);
  }
  await store.remove([key]);
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
