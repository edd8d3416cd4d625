import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OwnNames } from '../../../scripts/lib/deploy/prune/own-names.js';
import { type PruneItem, planPrune } from '../../../scripts/lib/deploy/prune/plan.js';
import type { PruneState } from '../../../scripts/lib/deploy/prune/prune-state.js';
import { releasesOf, retained } from '../../../scripts/lib/deploy/releases/releases.js';
import { ago, anyState, container, DAY, type Image, idOf, image, markOf, NOW, pruneState, wentLive } from './prunes.js';

const settings = { retain: 2, afterMs: 30 * DAY };
const plan = (state: PruneState) => planPrune(state, settings, NOW);
const things = (state: PruneState) => plan(state).items.map(({ kind, name }) => `${kind} ${name}`);
const taken = (items: readonly PruneItem[]) => items.flatMap((item) => ('names' in item ? [item] : []));
/** What is planned for one image beside those of three releases, of which the last two are retained. */
const fate = (one: Image, containers: PruneState['containers'] = []) => {
  const images = [image('2'), image('3'), one];
  const { items, kept } = plan(pruneState({ journal: wentLive('1', '2', '3'), images, containers }));
  return items.map(({ kind }) => kind).join() || kept.find(({ what }) => one.names.includes(what) || one.id.includes(what))?.why;
};

describe('of images', () => {
  test('goes what a release ran on that is not retained any more, with all of its names, the one that kept it last', () => {
    const { items } = plan(pruneState({ journal: wentLive('1', '2', '3'), images: [image('1'), image('2'), image('3')] }));
    expect(items).toEqual([
      {
        kind: 'image',
        id: idOf('1'),
        name: 'shop/web:v1',
        names: ['shop/web:v1', markOf('1')],
        bytes: 1_000,
        reason: 'v1 ran on it, and is none of the last 2 releases that were live',
      },
    ]);
  });

  test('those stay that a rollback has gone back from, however often', () => {
    const images = ['1', '2', '3'].map((digit) => image(digit));
    expect(things(pruneState({ journal: wentLive('1', '2', '3', '2'), images }))).toEqual(['image shop/web:v1']);
    expect(things(pruneState({ journal: wentLive('1', '2', '1'), images: images.slice(0, 2) }))).toEqual([]);
  });

  test.each<[string, string | undefined, Image, PruneState['containers']?]>([
    ['goes by its id when its names went to others', 'image', image('1', { names: [] })],
    ['goes with the digest that it was pulled by', 'image', image('1', { names: ['shop/web:v1', `shop/web@${idOf('1')}`], labels: {} })],
    [
      'stays when a container of whatever stack was made from it',
      'a container uses it',
      image('1'),
      [container('x', { imageId: idOf('1') })],
    ],
    ['stays when another stack keeps it; its own name goes', 'name', image('1', { names: [markOf('1'), markOf('1', 'other')] })],
    [
      'stays when somebody gave it another name',
      'it has a name that this stack did not give it',
      image('1', { names: ['shop/web:v1', 'x:1'] }),
    ],
    ['stays when .env names it', undefined, image('1', { names: ['nginx:1.30', 'shop/web:v1'] })],
    ['is none of its business when it was built by hand under a like name', undefined, image('9', { names: ['shop/web:v9'], labels: {} })],
    ['is none of its business when another stack has built it', undefined, image('9', { names: ['x/web:v9'], labels: {} })],
    ['that no release ever ran on stays while it is young; the name that kept it goes', 'name', image('9')],
    [
      'that no release ever ran on stays when it was built of old layers a while ago',
      'built less than 30 d ago',
      image('9', {
        names: ['shop/web:v9'],
        created: ago(99),
        labels: { ...image('9').labels, 'org.opencontainers.image.created': new Date(ago(2)).toISOString() },
      }),
    ],
    ['that no release ever ran on goes when it is old', 'image', image('9', { created: ago(31) })],
    ['that no release ever ran on goes at once when another has its name', 'image', image('9', { names: [markOf('9')] })],
    [
      'that no release ever ran on stays when somebody gave it another name',
      'it has a name that this stack did not give it',
      image('9', { names: ['shop/web:v9', 'shop/web:hold'], created: ago(31) }),
    ],
    [
      'that is made from one of the stack’s own and called alike has its labels, and stays',
      undefined,
      image('9', { names: ['shop/web:debug'], created: ago(99) }),
    ],
    ['that is made from one of the stack’s own has its labels, and stays', undefined, image('9', { names: ['x/y:1'], created: ago(99) })],
  ])('one %s', (_, expected, one, containers) => {
    expect(fate(one, containers)).toBe(expected);
  });

  test('none goes when the journal does not tell what a retained release ran on', () => {
    const journal = wentLive('1', '2', '3').map((record, index) => (index === 2 ? { ...record, images: undefined } : record));
    expect(things(pruneState({ journal, images: [image('1')] }))).toEqual([]);
  });

  test('one that was deployed without a tag, or with the name of Docker Hub, is known by what the engine calls it', () => {
    const journal = wentLive('1', '2', '3');
    const [first] = journal as { images?: unknown }[];
    Object.assign(first ?? {}, { images: [{ reference: 'docker.io/library/memcached', id: idOf('1'), digests: [] }] });
    expect(things(pruneState({ journal, images: [image('1', { names: ['memcached:latest'], labels: {} })] }))).toEqual([
      'image memcached:latest',
    ]);
  });

  test('none ever goes that a retained release, a container, .env or anybody else needs', () => {
    fc.assert(
      fc.property(anyState, fc.integer({ min: 2, max: 4 }), (state, retain) => {
        const { items } = planPrune(state, { ...settings, retain }, NOW);
        const releases = releasesOf(state.journal);
        const kept = retained(releases, retain);
        const needed = new Set(releases.filter(({ release }) => kept.includes(release)).flatMap((one) => one.images.map(({ id }) => id)));
        const going = new Set(items.flatMap((item) => (item.kind === 'container' ? [item.id] : [])));
        const used = new Set(state.containers.filter(({ id }) => !going.has(id)).map(({ imageId }) => imageId));
        const own = new OwnNames(state.stack, releases);
        for (const { id, names, kind } of taken(items)) {
          const found = state.images.find((one) => one.id === id) as Image;
          expect(needed.has(id)).toBe(false);
          expect(used.has(id)).toBe(false);
          // Nothing is taken from an image that it does not have, and what is removed whole has no name of anybody else.
          expect(names.every((one) => found.names.includes(one))).toBe(true);
          if (kind === 'toolkit') continue;
          expect(names.every((one) => own.has(one, found))).toBe(true);
          if (kind === 'image') expect(names).toHaveLength(found.names.length);
        }
        const names = taken(items).flatMap((item) => item.names);
        expect(names.filter((one) => state.base.includes(one) || one.startsWith('other') || one === 'shop/web:by-hand')).toEqual([]);
        expect(new Set(names).size).toBe(names.length);
      }),
      { numRuns: 2_000 },
    );
  });

  test('after the plan was carried out, there is nothing left to do', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const { items } = plan(state);
        const gone = new Set(taken(items).flatMap(({ names }) => names));
        const ids = new Set(taken(items).flatMap(({ kind, id }) => (kind === 'name' ? [] : [id])));
        const containers = new Set(items.flatMap((item) => (item.kind === 'container' ? [item.id] : [])));
        const after = {
          ...state,
          images: state.images
            .filter(({ id }) => !ids.has(id))
            .map((one) => ({ ...one, names: one.names.filter((name) => !gone.has(name)) })),
          containers: state.containers.filter(({ id }) => !containers.has(id)),
        };
        // An image that also had a name of ours is the toolkit's own only now.
        expect(plan(after).items.filter(({ kind }) => kind !== 'toolkit')).toEqual([]);
      }),
    );
  });
});

describe('of the idle colour', () => {
  const green = (id: string, rest: object) =>
    container(id, { colour: 'green', state: 'exited', stoppedAt: ago(31), imageId: idOf('2'), ...rest });
  const rest = { journal: wentLive('1', '2', '3'), images: ['1', '2', '3'].map((digit) => image(digit)) };

  test('all containers go once all of them have been down for long enough; what their release needs stays', () => {
    const state = pruneState({ ...rest, containers: [green('web', {}), green('worker', { state: 'created', stoppedAt: ago(40) })] });
    expect(things(state)).toEqual(['container web', 'container worker', 'image shop/web:v1']);
    expect(plan(state).items[0]?.reason).toBe('green is idle, and was stopped 31 d ago');
  });

  test.each([
    ['one of them runs: it is warm', [green('web', { state: 'running' }), green('worker', {})]],
    ['one of them was stopped a while ago only', [green('web', { stoppedAt: ago(29) }), green('worker', {})]],
    ['it is not known since when one of them is down', [green('web', { stoppedAt: undefined })]],
    ['they are those of the live colour', [green('web', { colour: 'blue' })]],
    ['they are nobody’s of this stack', [green('web', { colour: undefined })]],
  ])('none goes while %s', (_, containers) => {
    expect(things(pruneState({ ...rest, images: [], containers }))).toEqual([]);
  });

  test('none goes while no release is live', () => {
    expect(things(pruneState({ live: undefined, containers: [green('web', {})] }))).toEqual([]);
  });
});

describe('of the toolkit’s own images', () => {
  const toolkit = (rest: Partial<Image> = {}): Image => ({
    ...image('7', { created: ago(31), labels: {} }),
    names: ['slipway/cron:777777777777'],
    ...rest,
  });

  test('go those that are old, and that nobody makes or uses now', () => {
    expect(things(pruneState({ images: [toolkit()] }))).toEqual(['toolkit slipway/cron:777777777777']);
  });

  test.each<[string, Image, PruneState['containers']?]>([
    ['a younger one', toolkit({ created: ago(29) })],
    ['one that was named a while ago only: a checkout has made it once more', toolkit({ named: ago(2) })],
    ['the one that is made now', toolkit({ names: ['slipway/edge:0123456789ab'] })],
    ['one that a container of another stack uses', toolkit(), [container('x', { imageId: idOf('7') })]],
    ['one that somebody has given another name', toolkit({ names: ['slipway/cron:777777777777', 'mine:1'] })],
    ['one that is no hash of a content', toolkit({ names: ['slipway/postgres:18'] })],
    ['the image of an app that is called alike', toolkit({ labels: { 'dev.slipway.source': 'git-tag' } })],
  ])('stays %s', (_, one, containers = []) => {
    expect(things(pruneState({ images: [one], containers }))).toEqual([]);
  });

  test('none goes that is younger than a day, however short an age is asked for', () => {
    const state = pruneState({ images: [toolkit({ created: ago(0.9) }), { ...toolkit({ created: ago(1.1) }), id: idOf('8') }] });
    expect(planPrune(state, { retain: 2, afterMs: 1_000 }, NOW).items.map((item) => 'id' in item && item.id)).toEqual([idOf('8')]);
  });
});

test('the files of releases go that are not retained, but for one that has containers', () => {
  const files = ['1', '2', '3', '9'].map((digit) => ({ name: `release-v${digit}-x.json`, bytes: 10 }));
  const others = ['journal.jsonl', 'token', 'journal-1.jsonl'].map((name) => ({ name, bytes: 10 }));
  const state = pruneState({ journal: wentLive('1', '2', '3'), files: [...files, ...others] });
  expect(things(state)).toEqual(['release v1-x', 'release v9-x']);
  expect(things({ ...state, containers: [container('x', { release: 'v9-x' })] })).toEqual(['release v1-x']);
});

test('the build cache is left alone unless it was looked at', () => {
  expect(things(pruneState())).toEqual([]);
  expect(plan(pruneState({ cache: { entries: 2, bytes: 7 } })).items).toEqual([
    {
      kind: 'build-cache',
      name: '2 entries',
      bytes: 7,
      unusedForMs: 30 * DAY,
      reason: 'not used for 30 d; it belongs to all projects of this engine',
    },
  ]);
});
