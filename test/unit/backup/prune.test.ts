import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCatalogue } from '../../../scripts/lib/backup/catalogue.js';
import { markVerified, pin, unpin } from '../../../scripts/lib/backup/mark.js';
import { PruneError, type PruneOptions, prune } from '../../../scripts/lib/backup/prune.js';
import { defaultPolicy } from '../../../scripts/lib/backup/retention.js';
import type { CataloguedSet } from '../../../scripts/lib/backup/set.js';
import { StoreError } from '../../../scripts/lib/backup/store/errors.js';
import type { Store } from '../../../scripts/lib/backup/store/store.js';
import { breakStore, keysIn, newStore, putSet, putText } from './stored.js';

const now = new Date('2026-11-22T03:00:00.000Z');
const policy = { ...defaultPolicy, days: 2, count: 1, weekly: 0, monthly: 0 };
const night = (day: number) => new Date(Date.UTC(2026, 10, day, 2));
const doIt: PruneOptions = { dryRun: false };

/** @returns the set's folders that a store has something in */
const foldersIn = async (store: Store) => [...new Set((await keysIn(store)).map((key) => key.split('/').slice(0, 2).join('/')))];
const pruned = async (stores: Store[], options = doIt) => prune(stores, await readCatalogue(stores, 'shop'), policy, now, options);
const firstOf = async (stores: Store[]) => (await readCatalogue(stores, 'shop')).sets.at(-1) as CataloguedSet;

describe('pruning', () => {
  test('removes all of a set from all stores, and nothing else', async () => {
    const stores = [await newStore('near'), await newStore('far')];
    for (const day of [10, 11, 20, 21, 22]) await putSet(stores, night(day));
    for (const stack of ['shop2', 'shop-old']) await putSet(stores, night(1), { stack });
    await markVerified(stores, await firstOf(stores), night(10), 3);
    await putText(stores[0] as Store, 'shop/20261111_020000/note.txt', 'beside the set');

    const { keep, remove, removed } = await pruned(stores);
    expect(keep.map(({ set }) => set.manifest.set)).toEqual(['20261122_020000', '20261121_020000', '20261110_020000']);
    expect(remove.map(({ set }) => set.manifest.set)).toEqual(['20261120_020000', '20261111_020000']);
    expect(removed.map(({ set, store, objects }) => [set, store, objects])).toEqual([
      ['20261120_020000', 'near', 3],
      ['20261120_020000', 'far', 3],
      ['20261111_020000', 'near', 4],
      ['20261111_020000', 'far', 3],
    ]);
    for (const store of stores) {
      expect(await foldersIn(store)).toEqual([
        'shop-old/20261101_020000',
        'shop/20261110_020000',
        'shop/20261121_020000',
        'shop/20261122_020000',
        'shop2/20261101_020000',
      ]);
    }
    expect((await pruned(stores)).removed).toEqual([]);
  });

  test('a dry run says the same and removes nothing', async () => {
    const stores = [await newStore('near')];
    for (const day of [1, 2, 22]) await putSet(stores, night(day));
    const before = await keysIn(stores[0] as Store);
    const dry = await pruned(stores, { dryRun: true });
    expect(await keysIn(stores[0] as Store)).toEqual(before);
    expect(dry.removed).toHaveLength(2);
    expect(await pruned(stores)).toEqual(dry);
  });

  test('a pinned set stays until it is unpinned, also when it was pinned just now', async () => {
    const stores = [await newStore('near'), await newStore('far')];
    for (const day of [1, 22]) await putSet(stores, night(day));
    const catalogue = await readCatalogue(stores, 'shop');
    const first = catalogue.sets[1] as CataloguedSet;
    await pin(stores.slice(0, 1), { ...first, stores: ['near'] }, now);
    expect((await prune(stores, catalogue, policy, now, doIt)).removed).toEqual([]);
    expect((await pruned(stores)).removed).toEqual([]);
    await unpin(stores, first);
    expect((await pruned(stores)).removed).toHaveLength(2);
  });

  test('the manifests go first, so that a set which is half gone is none', async () => {
    const [near, far] = [await newStore('near'), await newStore('far')];
    for (const day of [1, 22]) await putSet([near, far], night(day));
    const removals: string[][] = [];
    const watched = (store: Store): Store => ({
      ...store,
      remove: (keys) => {
        removals.push(keys.map((key) => `${store.name} ${key.split('/').at(-1)}`));
        return store.remove(keys);
      },
    });
    await pruned([watched(near), watched(far)]);
    expect(removals.map(([first]) => first).slice(0, 2)).toEqual(['near manifest.json', 'far manifest.json']);
    expect(removals.slice(0, 2).every((keys) => keys.length === 1)).toBe(true);
  });

  test('a store that stops answering half-way leaves no half of a set, and the next pruning ends it', async () => {
    const [near, far] = [await newStore('near'), await newStore('far')];
    for (const day of [1, 2, 22]) await putSet([near, far], night(day));
    const failing: Store = {
      ...far,
      remove: async (keys) => {
        if (keys.some((key) => key.includes('/20261102_'))) throw new StoreError('far: removing: connection lost');
        await far.remove(keys);
      },
    };
    const error = await pruned([near, failing]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PruneError);
    expect(error).toMatchObject({
      message: "pruning removed 2 sets' folders, and failed for 1",
      details: ['20261102_020000: far: removing: connection lost'],
    });
    const between = await readCatalogue([near, far], 'shop');
    expect(between.sets.map(({ manifest, stores }) => [manifest.set, stores])).toEqual([
      ['20261122_020000', ['near', 'far']],
      ['20261102_020000', ['far']],
    ]);
    expect(between.incomplete).toMatchObject([{ set: '20261102_020000', store: 'near', fault: 'unfinished' }]);
    await pruned([near, far]);
    for (const store of [near, far]) expect(await foldersIn(store)).toEqual(['shop/20261122_020000']);
  });

  test('nothing goes while a store cannot be listed', async () => {
    const [near, far] = [await newStore('near'), await newStore('far')];
    for (const day of [1, 22]) await putSet([near, far], night(day));
    const before = await keysIn(near);
    await breakStore(far);
    await expect(pruned([near, far])).rejects.toThrow(
      expect.objectContaining({ name: 'PruneError', details: [expect.stringMatching(/^far: .*listing/)] }),
    );
    expect(await keysIn(near)).toEqual(before);
  });
});

test('pruning that is stopped removes nothing more', async () => {
  const store = await newStore('near');
  for (const day of [1, 2, 22]) await putSet([store], night(day));
  const stop = new AbortController();
  const stopping: Store = {
    ...store,
    remove: async (keys) => {
      await store.remove(keys);
      stop.abort(new Error('the lock is lost'));
    },
  };
  await expect(pruned([stopping], { dryRun: false, signal: stop.signal })).rejects.toThrow('the lock is lost');
  expect((await readCatalogue([store], 'shop')).sets.map(({ manifest }) => manifest.set)).toEqual(['20261122_020000', '20261101_020000']);
});

describe('left-overs and damage', () => {
  /** Makes everything of a set look as if it was written when its run began. */
  async function age(store: { folder: string } & Store, set: Date): Promise<void> {
    for (const key of await keysIn(store)) await utimes(join(store.folder, key), set, set);
  }

  test('what a killed run left goes after two days, and not before', async () => {
    const store = await newStore('near');
    await putSet([store], night(22));
    for (const day of [5, 21]) await putText(store, `shop/202611${String(day).padStart(2, '0')}_020000/db_app.dump.zst`, 'half');
    expect((await pruned([store])).removed).toEqual([]);
    await age(store, night(5));
    expect((await pruned([store])).removed).toEqual([
      { set: '20261105_020000', store: 'near', because: 'left by a run that did not come to its end', objects: 1, bytes: 4 },
    ]);
    expect(await foldersIn(store)).toEqual(['shop/20261121_020000', 'shop/20261122_020000']);
  });

  test('a left-over that became a set in the meantime stays', async () => {
    const store = await newStore('near');
    await putSet([store], night(22));
    await putText(store, 'shop/20261105_020000/db_app_20261105_020000.dump.zst', 'half');
    await age(store, night(5));
    const catalogue = await readCatalogue([store], 'shop');
    await putSet([store], night(5));
    expect((await prune([store], catalogue, policy, now, doIt)).removed).toEqual([]);
  });

  test('a damaged set stays for a person to look at, unless it is whole elsewhere and goes there', async () => {
    const [near, far] = [await newStore('near'), await newStore('far')];
    for (const day of [1, 22]) await putSet([near, far], night(day));
    await putSet([far], night(2));
    for (const day of ['01', '02']) await putText(far, `shop/202611${day}_020000/manifest.json`, '{}');
    for (const store of [near, far]) await age(store, night(1));
    await pruned([near, far]);
    expect(await foldersIn(near)).toEqual(['shop/20261122_020000']);
    expect(await foldersIn(far)).toEqual(['shop/20261102_020000', 'shop/20261122_020000']);
  });
});
