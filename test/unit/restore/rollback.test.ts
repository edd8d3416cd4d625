import { describe, expect, test } from 'vitest';
import type { RestoreFacts, RestoreRequest } from '../../../scripts/lib/backup/sidecar/restore-results.js';
import { judge, type Pair } from '../../../scripts/lib/restore/rollback/judge.js';
import { type Goal, planBack, planRest } from '../../../scripts/lib/restore/rollback/plan.js';
import { wholeStack } from '../deploy/stacks.js';
import { appService } from '../fixtures.js';

const request: RestoreRequest = {
  set: '20261122_020000',
  fromStack: undefined,
  kinds: ['postgres'],
  databases: [],
  tables: [],
  toDatabase: undefined,
  file: undefined,
};
const facts: RestoreFacts = {
  stamp: '20261122_101112',
  set: {
    id: '20261122_020000',
    stack: 'shop',
    began: '2026-11-22T02:00:00.000Z',
    release: 'v1',
    encrypted: false,
    stores: ['local'],
    verified: '2026-11-22T03:00:00.000Z',
  },
  databases: [
    { name: 'app', bytes: 2048, tables: 3, rows: 40, live: { bytes: 1, empty: false }, fresh: 'app_restore_x', before: 'app_before_x' },
  ],
  skipped: [],
  roles: false,
  redis: undefined,
  volumes: [],
  warnings: [],
  cutOff: [],
};
const services = [
  appService('backend', { role: 'web', port: 8000, route: { path: '/' }, migrate: { run: ['up'], pending: ['pending'] } }),
  appService('worker', { role: 'worker' }),
];
const contract = { service: 'backend', name: 'contract:drop', at: '2026-11-22T05:00:00.000Z', token: 7 };
const goal: Goal = {
  version: 'v1',
  services,
  facts,
  request,
  safetySet: true,
  contracts: [contract],
  gone: [],
  canAsk: true,
  migrates: false,
};
const ids = (steps: readonly { id: string }[]) => steps.map(({ id }) => id);

describe('the plan of going back with the data', () => {
  const steps = ids(planBack(wholeStack(), goal));
  const at = (id: string) => steps.indexOf(id);

  test('loads beside what is live before anything of it is stopped, and swaps only when nothing runs and nobody is let in', () => {
    expect(steps.slice(0, at('swap-postgres') + 1)).toEqual([
      'base',
      'safety-set',
      'load-database app',
      'stop-behind',
      'maintenance-on',
      'stop-all',
      'swap-postgres',
    ]);
  });

  test('starts the older release on its data alone, and lets the public in once it is verified; only the record comes later', () => {
    expect(at('start-web')).toBeGreaterThan(at('ask'));
    expect(at('ask')).toBeGreaterThan(at('swap-postgres'));
    expect(at('maintenance-off')).toBeGreaterThan(at('verify'));
    expect(at('maintenance-off')).toBeGreaterThan(at('start-workers'));
    expect(steps.slice(at('maintenance-off') + 1)).toEqual(['record']);
    expect(steps).not.toContain('retire');
  });

  test('runs the older release’s own migrations where the set is from before it, and asks nothing where nobody could answer', () => {
    const earlier = ids(planBack(wholeStack(), { ...goal, migrates: true }));
    expect(earlier.slice(earlier.indexOf('ask'), earlier.indexOf('start-web') + 1)).toEqual(['ask', 'migrate-backend', 'start-web']);
    expect(ids(planBack(wholeStack(), { ...goal, canAsk: false }))).not.toContain('ask');
    const again = { ...goal, canAsk: false, gone: [{ service: 'backend', names: ['m'] }] };
    expect(ids(planBack(wholeStack(), again))).toContain('ask');
  });

  test('is refused where the set has no database to swap', () => {
    expect(() => planBack(wholeStack(), { ...goal, facts: { ...facts, databases: [] } })).toThrow(/no database that could take/);
  });

  test('the rest of one that had cut lets the public in before the record, and has no way back of its own', () => {
    const rest = planRest(wholeStack(), { version: 'v1', services });
    expect(ids(rest).slice(-2)).toEqual(['maintenance-off', 'record']);
    expect(rest.find(({ kind }) => kind === 'take-up')).toMatchObject({ from: undefined });
  });
});

describe('a set is judged beforehand', () => {
  const wentLive = (token: number, version: string, at: string) => ({
    token,
    at,
    version,
    release: `${version}-x`,
    colour: 'blue',
    revision: undefined,
    images: [],
  });
  const first = wentLive(3, 'v1', '2026-11-20T00:00:00.000Z');
  const releases = [wentLive(1, 'v0', '2026-11-10T00:00:00.000Z'), first, wentLive(7, 'v2', '2026-11-22T05:01:00.000Z')];
  const pair: Pair = { facts, version: 'v1', first, contracts: [contract], releases, now: new Date('2026-11-22T06:00:00.000Z') };
  const withSet = (set: Partial<NonNullable<RestoreFacts['set']>>): Pair => ({
    ...pair,
    facts: { ...facts, set: { ...(facts.set as NonNullable<RestoreFacts['set']>), ...set } },
  });
  const notes = (some: Pair) => judge(some).notes.join('\n');

  test('its age, what is lost, and whether a drill has restored it are said', () => {
    expect(notes(pair)).toMatch(/was made 4 h 0 min ago .* while v1 was live; a drill restored it 3 h 0 min ago/);
    expect(notes(pair)).toMatch(/what app got since then is no longer live afterwards; it is kept as app_before_x/);
    expect(notes(withSet({ verified: undefined }))).toMatch(/no drill has restored it yet/);
    expect(judge(pair).migrates).toBe(false);
  });

  test('one that was made while the release that brought the migration was live is refused, whatever the clocks say', () => {
    expect(() => judge(withSet({ release: 'v2' }))).toThrow(
      /v1 cannot live with the set 20261122_020000 either: it was made while v2 was live/,
    );
  });

  test('one that is from after it by the clock alone is not: the data are asked', () => {
    expect(notes(withSet({ began: '2026-11-22T05:00:30.000Z' }))).toMatch(/by the clock contract:drop was run before the set was made/);
  });

  test('one from before the older release went live has its migrations run', () => {
    const { migrates, notes: said } = judge(withSet({ release: 'v0', began: '2026-11-15T00:00:00.000Z' }));
    expect(migrates).toBe(true);
    expect(said.join('\n')).toMatch(/its own migrations are run on the data of the set/);
  });
});
