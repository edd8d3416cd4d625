import fc from 'fast-check';
import type { JournalRecord } from '../../../scripts/lib/deploy/journal.js';
import type { AnyContainer, PruneState } from '../../../scripts/lib/deploy/prune/prune-state.js';

export const DAY = 24 * 3_600_000;
export const NOW = Date.parse('2026-11-25T12:00:00.000Z');
export const ago = (days: number) => NOW - days * DAY;

export type Image = PruneState['images'][number];

/** @returns the id of an image; the first twelve digits are all that names show of it */
export const idOf = (digit: string) => `sha256:${digit.repeat(64).slice(0, 64)}`;
export const markOf = (digit: string, stack = 'shop') => `${stack}-kept:${digit.repeat(12).slice(0, 12)}`;

const BUILT = { 'dev.slipway.source': 'git-tag', 'com.docker.compose.project': 'shop-blue' };

/** @returns an image that a deploy of the stack has built as version `v<digit>` */
export function image(digit: string, rest: Partial<Image> = {}): Image {
  return {
    id: idOf(digit),
    names: [`shop/web:v${digit}`, markOf(digit)],
    created: ago(1),
    bytes: 1_000,
    labels: { ...BUILT, 'org.opencontainers.image.version': `v${digit}` },
    ...rest,
  };
}

export function container(id: string, rest: Partial<AnyContainer> = {}): AnyContainer {
  return { id, name: id, imageId: idOf('z'), state: 'running', colour: undefined, release: undefined, stoppedAt: undefined, ...rest };
}

/** @returns the journal of versions that went live one after the other: `1` ran on the image of that digit */
export function wentLive(...digits: string[]): JournalRecord[] {
  return digits.map((digit, index) => ({
    kind: 'release',
    token: index + 1,
    at: new Date(ago(20 - index)).toISOString(),
    release: `v${digit}-x`,
    version: `v${digit}`,
    colour: 'blue',
    images: [{ reference: `shop/web:v${digit}`, id: idOf(digit), digests: [] }],
  }));
}

export function pruneState(rest: Partial<PruneState> = {}): PruneState {
  const base = ['nginx:1.30', 'slipway/edge:0123456789ab'];
  return { stack: 'shop', live: 'blue', journal: [], segments: [], files: [], containers: [], images: [], base, cache: undefined, ...rest };
}

const digit = fc.constantFrom('1', '2', '3', '4', '5', '6');
const name = fc.oneof(
  digit.map((one) => `shop/web:v${one}`),
  digit.map((one) => markOf(one)),
  digit.map((one) => markOf(one, 'other')),
  digit.map((one) => `slipway/cron:${one.repeat(12)}`),
  fc.constantFrom(
    'nginx:1.30',
    'slipway/edge:0123456789ab',
    'shop/web:by-hand',
    'shop/tool:1',
    `shop/web@sha256:${'1'.repeat(64)}`,
    'x/y:z',
  ),
);
const labels = fc.constantFrom<Record<string, string>[]>(
  {},
  { ...image('1').labels },
  { ...image('2').labels },
  {
    'dev.slipway.source': 'git-tag',
    'com.docker.compose.project': 'other-blue',
  },
);
const anyImage = fc.record({
  id: digit.map(idOf),
  names: fc.uniqueArray(name, { maxLength: 4 }),
  created: fc.integer({ min: ago(90), max: NOW }),
  bytes: fc.constantFrom(undefined, 10),
  labels,
});
const anyContainer = fc
  .record({
    imageId: digit.map(idOf),
    state: fc.constantFrom('running', 'exited', 'created', 'restarting'),
    colour: fc.constantFrom('blue', 'green', undefined),
    stoppedAt: fc.constantFrom(undefined, ago(90), ago(1)),
  })
  .chain((rest) => fc.uuid().map((id) => container(id, rest as Partial<AnyContainer>)));

/** Stacks, and all that others have on the engine, in whatever condition. A name is one image's alone. */
export const anyState: fc.Arbitrary<PruneState> = fc
  .record({
    live: fc.constantFrom('blue', 'green', undefined),
    digits: fc.array(digit, { maxLength: 8 }),
    images: fc.uniqueArray(anyImage, { selector: ({ id }) => id, maxLength: 6 }),
    containers: fc.array(anyContainer, { maxLength: 4 }),
  })
  .map(({ live, digits, images, containers }) => {
    const taken = new Set<string>();
    const free = (one: string) => !taken.has(one) && Boolean(taken.add(one));
    return pruneState({
      live: live as PruneState['live'],
      journal: wentLive(...digits),
      images: images.map((one) => ({ ...one, names: one.names.filter(free) })),
      containers,
    });
  });
