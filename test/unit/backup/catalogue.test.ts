import { describe, expect, test } from 'vitest';
import { readCatalogue } from '../../../scripts/lib/backup/catalogue.js';
import { writeManifest } from '../../../scripts/lib/backup/manifest.js';
import { markVerified, pin } from '../../../scripts/lib/backup/mark.js';
import { StoreError } from '../../../scripts/lib/backup/store/errors.js';
import type { Store } from '../../../scripts/lib/backup/store/store.js';
import { manifestOf } from './sets.js';
import { breakStore, newStore, putSet, putText } from './stored.js';

const monday = '2026-11-16T02:00:00.000Z';
const tuesday = '2026-11-17T02:00:00.000Z';
const wednesday = '2026-11-18T02:00:00.000Z';

/** @returns a store from which some keys cannot be read, as after a lost connection */
const failingToRead = (store: Store, which: RegExp): Store => ({
  ...store,
  get(key, signal) {
    if (which.test(key)) throw new StoreError(`${store.name}: reading ${key}: connection lost`);
    return store.get(key, signal);
  },
});

describe('what is in the catalogue', () => {
  test('sets, the newest first, each with the stores that have it', async () => {
    const [near, far] = [await newStore('near'), await newStore('far')];
    const first = await putSet([near], monday);
    const second = await putSet([near, far], tuesday);
    const third = await putSet([far], wednesday);
    const set = { verified: undefined, pinned: false };
    expect(await readCatalogue([near, far], 'shop')).toEqual({
      stack: 'shop',
      sets: [
        { ...set, manifest: third, stores: ['far'] },
        { ...set, manifest: second, stores: ['near', 'far'] },
        { ...set, manifest: first, stores: ['near'] },
      ],
      incomplete: [],
      unreachable: [],
      warnings: [],
    });
  });

  test('nothing, when nothing was stored yet', async () => {
    expect(await readCatalogue([await newStore('near')], 'shop')).toMatchObject({ sets: [], incomplete: [], unreachable: [] });
  });

  test('no set of a stack whose name begins or ends the same', async () => {
    const store = await newStore('near');
    for (const stack of ['app', 'app2', 'app-old', 'my-app']) await putSet([store], monday, { stack });
    for (const stack of ['app', 'app2', 'app-old', 'my-app']) {
      const { sets, incomplete } = await readCatalogue([store], stack);
      expect([...sets.map(({ manifest }) => manifest.stack), ...incomplete]).toEqual([stack]);
    }
    expect((await readCatalogue([store], 'ap')).sets).toEqual([]);
  });

  test('no folder that is not named like a set', async () => {
    const store = await newStore('near');
    for (const folder of ['probe', '20261116', '20261399_020000', '20260230_020000']) {
      await putText(store, `shop/${folder}/manifest.json`, writeManifest(manifestOf(monday)));
    }
    await putText(store, 'shop/20261116_020000', 'a file that is named like a folder');
    expect(await readCatalogue([store], 'shop')).toMatchObject({ sets: [], incomplete: [] });
  });

  test('hundreds of sets', async () => {
    const store = await newStore('near');
    const nights = Array.from({ length: 120 }, (_, day) => new Date(Date.UTC(2026, 0, day + 1, 2)));
    for (const night of nights) await putSet([store], night, { objects: [] });
    const { sets } = await readCatalogue([store], 'shop');
    expect(sets.map(({ manifest }) => Date.parse(manifest.began))).toEqual(nights.map((night) => night.getTime()).reverse());
  });
});

describe('marks', () => {
  test('one that any store has counts; of two drills, the later one', async () => {
    const [near, far] = [await newStore('near'), await newStore('far')];
    await putSet([near, far], monday);
    await putText(near, 'shop/20261116_020000/verified.json', '{"verified":"2026-11-16T04:00:00.000Z","seconds":9}');
    await putText(far, 'shop/20261116_020000/verified.json', '{"verified":"2026-11-17T04:00:00.5Z","seconds":8.5}');
    await putText(far, 'shop/20261116_020000/pinned.json', '{"pinned":"2026-11-17T05:00:00.000Z"}');
    const { sets } = await readCatalogue([near, far], 'shop');
    expect(sets).toMatchObject([{ verified: '2026-11-17T04:00:00.5Z', pinned: true }]);
  });

  test.each([
    ['no JSON', 'yes'],
    ['no moment', '{"verified":"yesterday","seconds":1}'],
    ['a member too many', '{"verified":"2026-11-16T04:00:00.000Z","seconds":1,"by":"me"}'],
  ])('a mark with %s leaves the set unverified, which is told', async (_, content) => {
    const store = await newStore('near');
    await putSet([store], monday);
    await putText(store, 'shop/20261116_020000/verified.json', content);
    const { sets, warnings } = await readCatalogue([store], 'shop');
    expect(sets).toMatchObject([{ verified: undefined, stores: ['near'] }]);
    expect(warnings).toEqual([expect.stringMatching(/^near: shop\/20261116_020000\/verified\.json: the mark cannot be read/)]);
  });

  test('a pin counts whatever is written in it', async () => {
    const store = await newStore('near');
    await putSet([store], monday);
    await putText(store, 'shop/20261116_020000/pinned.json', '');
    expect((await readCatalogue([store], 'shop')).sets).toMatchObject([{ pinned: true }]);
  });

  test('marks of a copy that is damaged keep it, and prove nothing', async () => {
    const [near, far] = [await newStore('near'), await newStore('far')];
    const { objects } = await putSet([near, far], monday);
    const { sets } = await readCatalogue([far], 'shop');
    for (const set of sets) await Promise.all([pin([far], set, new Date()), markVerified([far], set, new Date(), 5)]);
    await far.remove([`shop/20261116_020000/${objects[0]?.name}`]);
    const catalogue = await readCatalogue([near, far], 'shop');
    expect(catalogue.sets).toMatchObject([{ stores: ['near'], pinned: true, verified: undefined }]);
    expect(catalogue.incomplete).toMatchObject([{ store: 'far', pinned: true }]);
  });
});

describe('what is not whole hides nothing else', () => {
  const damages: [string, string, (store: Store, folder: string) => Promise<void>, RegExp][] = [
    ['a folder without a manifest', 'unfinished', (store, folder) => store.remove([`${folder}manifest.json`]), /^has no manifest/],
    ['a manifest that is empty', 'damaged', (store, folder) => putText(store, `${folder}manifest.json`, ''), /not JSON/],
    [
      'a manifest of another set',
      'damaged',
      (store, folder) => putText(store, `${folder}manifest.json`, writeManifest(manifestOf(monday))),
      /^the manifest is of another set: shop\/20261116_020000\/$/,
    ],
    [
      'a manifest of another stack',
      'damaged',
      (store, folder) => putText(store, `${folder}manifest.json`, writeManifest(manifestOf(tuesday, { stack: 'shop2' }))),
      /^the manifest is of another set: shop2\/20261117_020000\/$/,
    ],
    [
      'an object that is missing',
      'damaged',
      (store, folder) => store.remove([`${folder}redis_20261117_020000.rdb.zst`]),
      /^redis_20261117_020000\.rdb\.zst is missing$/,
    ],
    [
      'an object that is too short',
      'damaged',
      (store, folder) => putText(store, `${folder}db_app_20261117_020000.dump.zst`, 'x'.repeat(9)),
      /^db_app_20261117_020000\.dump\.zst has 9 bytes instead of 10$/,
    ],
    [
      'an object that is too long',
      'damaged',
      (store, folder) => putText(store, `${folder}db_app_20261117_020000.dump.zst`, 'x'.repeat(11)),
      /has 11 bytes instead of 10$/,
    ],
  ];

  test.each(damages)('%s', async (_, fault, damage, problem) => {
    const [near, far] = [await newStore('near'), await newStore('far')];
    for (const night of [monday, tuesday, wednesday]) await putSet([near, far], night);
    await damage(far, 'shop/20261117_020000/');
    const { sets, incomplete, unreachable } = await readCatalogue([near, far], 'shop');
    expect(sets.map(({ stores }) => stores)).toEqual([['near', 'far'], ['near'], ['near', 'far']]);
    expect(incomplete).toEqual([
      {
        set: '20261117_020000',
        store: 'far',
        fault,
        problem: expect.stringMatching(problem),
        pinned: false,
        touched: expect.stringMatching(/^\d{4}-.*Z$/),
      },
    ]);
    expect(unreachable).toEqual([]);
  });

  test('a set that is whole nowhere is no set', async () => {
    const [near, far] = [await newStore('near'), await newStore('far')];
    const { objects } = await putSet([near, far], monday);
    await near.remove([`shop/20261116_020000/${objects[0]?.name}`]);
    await far.remove([`shop/20261116_020000/${objects[1]?.name}`]);
    const { sets, incomplete } = await readCatalogue([near, far], 'shop');
    expect(sets).toEqual([]);
    expect(incomplete.map(({ store }) => store).sort()).toEqual(['far', 'near']);
  });

  test('two sets of one name are told apart', async () => {
    const [near, far] = [await newStore('near'), await newStore('far')];
    await putSet([near], monday);
    await putSet([far], monday, { release: 'v9' });
    const { sets, incomplete } = await readCatalogue([near, far], 'shop');
    expect(sets).toMatchObject([{ stores: ['near'], manifest: { release: 'v1.2' } }]);
    expect(incomplete).toMatchObject([{ store: 'far', fault: 'damaged', problem: 'is another set than the one of the same name in near' }]);
  });

  test('a store that cannot be listed is told, and the others are read', async () => {
    const [near, far] = [await newStore('near'), await newStore('far')];
    await putSet([near], monday);
    await putSet([far], tuesday);
    await breakStore(far);
    const { sets, incomplete, unreachable } = await readCatalogue([far, near], 'shop');
    expect(sets).toMatchObject([{ stores: ['near'] }]);
    expect(incomplete).toEqual([]);
    expect(unreachable).toEqual([{ store: 'far', problem: expect.stringMatching(/listing .*shop/) }]);
  });

  test('a manifest that the store does not hand out is told, and nobody calls it damaged', async () => {
    const store = await newStore('near');
    for (const night of [monday, tuesday]) await putSet([store], night);
    const { sets, incomplete } = await readCatalogue([failingToRead(store, /17_.*manifest/)], 'shop');
    expect(sets.map(({ manifest }) => manifest.set)).toEqual(['20261116_020000']);
    expect(incomplete).toMatchObject([
      { set: '20261117_020000', fault: 'unreadable', problem: expect.stringMatching(/^the manifest cannot be read: .*connection lost$/) },
    ]);
  });

  test('a bug in a store is no problem of the store', async () => {
    const store = await newStore('near');
    await putSet([store], monday);
    const buggy: Store = { ...store, get: () => undefined as never };
    await expect(readCatalogue([buggy], 'shop')).rejects.toThrow(TypeError);
  });

  test('stopping it throws what stopped it', async () => {
    const store = await newStore('near');
    await putSet([store], monday);
    await expect(readCatalogue([store], 'shop', AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  });
});
