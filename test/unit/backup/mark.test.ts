import { expect, test } from 'vitest';
import { readCatalogue } from '../../../scripts/lib/backup/catalogue.js';
import { MarkError, markVerified, pin, unpin } from '../../../scripts/lib/backup/mark.js';
import type { CataloguedSet } from '../../../scripts/lib/backup/set.js';
import type { Store } from '../../../scripts/lib/backup/store/store.js';
import { breakStore, keysIn, newStore, putSet } from './stored.js';

const moment = new Date('2026-11-22T04:00:00.000Z');
const onlySet = async (stores: Store[]) => (await readCatalogue(stores, 'shop')).sets[0] as CataloguedSet;
const marksIn = async (store: Store) => (await keysIn(store)).filter((key) => /(verified|pinned)\.json$/.test(key));

test('marks are written wherever the set is, and nowhere else', async () => {
  const [near, far, other] = [await newStore('near'), await newStore('far'), await newStore('other')];
  const stores = [near, far, other];
  await putSet([near, far], '2026-11-22T02:00:00Z');
  await markVerified(stores, await onlySet(stores), moment, 12.5);
  await pin(stores, await onlySet(stores), moment);
  expect(await onlySet(stores)).toMatchObject({ verified: moment.toISOString(), pinned: true, stores: ['near', 'far'] });
  for (const store of [near, far]) expect(await marksIn(store)).toHaveLength(2);
  expect(await keysIn(other)).toEqual([]);
});

test('a mark replaces the one before it', async () => {
  const store = await newStore('near');
  await putSet([store], '2026-11-22T02:00:00Z');
  await markVerified([store], await onlySet([store]), new Date('2026-11-22T03:00:00Z'), 1);
  await markVerified([store], await onlySet([store]), moment, 2);
  expect(await onlySet([store])).toMatchObject({ verified: moment.toISOString() });
});

test('unpinning takes the pin from every store, and twice is as good as once', async () => {
  const stores = [await newStore('near'), await newStore('far')];
  await putSet(stores, '2026-11-22T02:00:00Z');
  const set = await onlySet(stores);
  await pin(stores, set, moment);
  // The set is no longer whole there, and its pin would still hold it.
  await stores[1]?.remove(['shop/20261122_020000/manifest.json']);
  for (let times = 0; times < 2; times++) {
    await unpin(stores, set);
    expect(await onlySet(stores)).toMatchObject({ pinned: false });
    for (const store of stores) expect(await marksIn(store)).toEqual([]);
  }
});

test('a store that does not take a mark is named, and the others have it', async () => {
  const [near, far] = [await newStore('near'), await newStore('far')];
  await putSet([near, far], '2026-11-22T02:00:00Z');
  const stores = [near, far];
  const set = await onlySet(stores);
  await breakStore(near);
  const error = await pin(stores, set, moment).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(MarkError);
  expect(error).toMatchObject({
    message: 'marking 20261122_020000 (pinned.json) failed in near',
    details: [expect.stringMatching(/^near: .*pinned\.json/)],
  });
  expect(await marksIn(far)).toHaveLength(1);
});

test('a set that none of the stores has is not marked', async () => {
  const store = await newStore('near');
  await putSet([store], '2026-11-22T02:00:00Z');
  const set = await onlySet([store]);
  await expect(pin([await newStore('other')], set, moment)).rejects.toThrow('20261122_020000: none of the stores has this set whole');
});
