import { describe, expect, test } from 'vitest';
import type { Catalogue } from '../../../scripts/lib/backup/catalogue.js';
import { isFresh } from '../../../scripts/lib/backup/daemon/catalogue-facts.js';
import { factsOf } from '../../../scripts/lib/backup/daemon/facts.js';
import { metricsOf } from '../../../scripts/lib/backup/daemon/metrics.js';
import { reportOf } from '../../../scripts/lib/backup/daemon/report.js';
import { schedulesOf } from '../../../scripts/lib/backup/daemon/schedules.js';
import type { State } from '../../../scripts/lib/backup/daemon/state.js';
import type { CataloguedSet } from '../../../scripts/lib/backup/set.js';
import { facts, failure, plan, setFacts, stateOf, success } from './daemon-states.js';
import { cataloguedSet } from './sets.js';

const at = (text: string) => new Date(text.includes('T') ? text : `2026-11-22T${text}Z`);
const reasons = (state: State, now: string, rest = {}) => reportOf(state, { ...plan, ...rest }, at(now)).reasons;
const drilled = { drill: { success: success('2026-11-22T04:00:10.000Z', { restored: true }) } };
const well = stateOf({ facts: facts('2026-11-22T02:00:00.000Z') }, drilled);

describe('somebody should look', () => {
  test('nobody has to when a set was made and drilled last night', () => {
    expect(reasons(well, '12:00:00')).toEqual([]);
  });

  test('when the backup is an hour late, not before', () => {
    const old = stateOf({ facts: facts('2026-11-21T02:00:00.000Z') }, drilled);
    expect(reasons(old, '02:59:00')).toEqual([]);
    expect(reasons(old, '03:01:00')).toEqual(['the newest backup is 1 d 1 h old, and another one was due']);
    expect(reasons(old, '03:01:00', { jitter: 600_000 })).toEqual([]);
  });

  test('not while the backup takes its time; when it takes until it is due again', () => {
    const running = { since: '2026-11-22T02:00:00.000Z', process: '7@1', by: 'daemon' } as const;
    const old = stateOf({ facts: facts('2026-11-21T02:00:00.000Z') }, { ...drilled, backup: { running } });
    expect(reasons(old, '12:00:00')).toEqual([]);
    expect(reasons(old, '2026-11-23T03:30:00Z')).toEqual(['the newest backup is 2 d 1 h old, and another one was due']);
  });

  test('when there is no backup although one was due; a fresh stack may wait', () => {
    expect(reasons(stateOf(), '12:00:00')).toEqual(['there is no backup yet, although one was due']);
    expect(reasons(stateOf({ since: '2026-11-22T11:00:00.000Z' }), '12:00:00')).toEqual([]);
  });

  test('when the last backup or drill failed, until one is done', () => {
    const failed = { failure: failure('2026-11-22T05:00:00.000Z') };
    expect(reasons(stateOf(well, { ...drilled, backup: failed }), '12:00:00')).toEqual(['the last backup failed: s3://bucket: it is full']);
    const again = { ...failed, success: success('2026-11-22T05:10:00.000Z') };
    expect(reasons(stateOf(well, { ...drilled, backup: again }), '12:00:00')).toEqual([]);
    expect(reasons(stateOf(well, { drill: { ...drilled.drill, ...failed } }), '12:00:00')).toEqual([
      'the last drill failed: s3://bucket: it is full',
    ]);
  });

  test('not when another host has made a set since the backup failed', () => {
    const failed = { failure: failure('2026-11-22T01:00:00.000Z') };
    expect(reasons(stateOf(well, { ...drilled, backup: failed }), '12:00:00')).toEqual([]);
  });

  test('when two drills are missing', () => {
    const state = (ended: string) => stateOf(well, { drill: { success: success(ended, { restored: true }) } });
    expect(reasons(state('2026-11-21T04:00:10.000Z'), '12:00:00')).toEqual([]);
    expect(reasons(state('2026-11-20T04:00:10.000Z'), '12:00:00')).toEqual(['the last drill was 2 d 7 h ago']);
  });

  test('when no drill was ever done of sets that are there for two drills’ time', () => {
    const state = (oldest: string) => stateOf({ facts: facts('2026-11-22T02:00:00.000Z', { oldest }) });
    expect(reasons(state('2026-11-21T05:00:00.000Z'), '12:00:00')).toEqual([]);
    expect(reasons(state('2026-11-18T02:00:00.000Z'), '12:00:00')).toEqual(['no drill has restored a backup yet']);
  });

  test('of what is switched off nothing is expected', () => {
    const off = { ...plan.schedules, backup: undefined, drill: undefined };
    expect(reasons(stateOf({ facts: facts('2026-11-01T02:00:00.000Z') }), '12:00:00', { schedules: off })).toEqual([]);
  });
});

describe('the newest set', () => {
  const made = success('2026-11-22T09:01:00.000Z', { made: setFacts('2026-11-22T09:00:00.000Z') });
  const newest = (state: State) => reportOf(state, plan, at('12:00:00')).newest?.set;

  test('is one that was made since the stores were read', () => {
    expect(newest(stateOf({ facts: facts('2026-11-22T02:00:00.000Z') }, { backup: { success: made } }))).toBe('20261122_090000');
  });

  test('is what the stores have, where somebody has removed the one that was made', () => {
    const read = { read: '2026-11-22T11:00:00.000Z' };
    expect(newest(stateOf({ facts: facts('2026-11-22T02:00:00.000Z', read) }, { backup: { success: made } }))).toBe('20261122_020000');
  });

  test('is the one that was made, as long as a store cannot be read', () => {
    const read = { read: '2026-11-22T11:00:00.000Z', stores: [{ name: 's3://b', problem: 'it is away' }] };
    expect(newest(stateOf({ facts: facts('2026-11-22T02:00:00.000Z', read) }, { backup: { success: made } }))).toBe('20261122_090000');
  });
});

describe('the catalogue in short', () => {
  const catalogue = (sets: CataloguedSet[], unreachable: Catalogue['unreachable'] = []): Catalogue => ({
    stack: 'shop',
    sets,
    incomplete: [],
    unreachable,
    warnings: [],
  });
  const away = [{ store: 's3://b', problem: 'it does not answer' }];
  const partial = cataloguedSet('2026-11-22T09:00:00.000Z', {}, { kinds: ['postgres'] });
  const whole = cataloguedSet('2026-11-22T02:00:00.000Z', { verified: '2026-11-22T04:00:00.000Z' });
  const old = cataloguedSet('2026-11-20T02:00:00.000Z', { verified: '2026-11-20T04:00:00.000Z' });

  test('has the newest and the oldest set of all kinds, and when a drill last restored any', () => {
    const found = factsOf(catalogue([partial, whole, old]), ['local'], at('12:00:00'));
    expect(found).toMatchObject({
      sets: 3,
      newest: { set: '20261122_020000' },
      verified: '2026-11-22T04:00:00.000Z',
      stores: [{ name: 'local' }],
    });
    expect(found.oldest).toBe('2026-11-20T02:00:00.000Z');
  });

  test('keeps what was known of a store that is away now, and says that it is', () => {
    const before = factsOf(catalogue([whole, old]), ['s3://b'], at('11:00:00'));
    const found = factsOf(catalogue([], away), ['s3://b'], at('12:00:00'), before);
    expect(found).toEqual({ ...before, read: at('12:00:00').toISOString(), stores: [{ name: 's3://b', problem: 'it does not answer' }] });
    expect(factsOf(catalogue([]), ['s3://b'], at('12:00:00'), before)).toMatchObject({ sets: 0 });
  });
});

describe('what the stores were found to have is believed', () => {
  const known = facts('2026-11-22T02:00:00.000Z', { read: '2026-11-22T11:00:00.000Z' });
  const minutes = (count: number) => count * 60_000;

  test('for as long as the one who asks likes, unless a run has ended since', () => {
    expect(isFresh(stateOf({ facts: known }), minutes(61), at('12:00:00'))).toBe(true);
    expect(isFresh(stateOf({ facts: known }), minutes(59), at('12:00:00'))).toBe(false);
    expect(isFresh(stateOf({ facts: known, touched: '2026-11-22T11:00:00.000Z' }), minutes(61), at('12:00:00'))).toBe(false);
    expect(isFresh(stateOf(), minutes(61), at('12:00:00'))).toBe(false);
  });

  test('for a minute where a store was away, and not when it is of a time to come', () => {
    const away = { ...known, stores: [{ name: 's3://b', problem: 'it does not answer' }] };
    expect(isFresh(stateOf({ facts: away }), minutes(61), at('11:00:59'))).toBe(true);
    expect(isFresh(stateOf({ facts: away }), minutes(61), at('11:01:00'))).toBe(false);
    expect(isFresh(stateOf({ facts: known }), minutes(61), at('10:00:00'))).toBe(false);
  });
});

describe('metrics', () => {
  const metrics = async (state: State, now: string) => {
    const { text } = await metricsOf(reportOf(state, plan, at(now)), at(now), { memory: 64, slipway: '0.1.0' });
    return new Map(
      text.split('\n').flatMap((line) => (line === '' || line[0] === '#' ? [] : [line.split(/ (?=\S+$)/) as [string, string]])),
    );
  };
  const unix = (text: string) => String(at(text).getTime() / 1_000);

  test('say what the newest set and the last drill were', async () => {
    const counted = { failures: { store: 2 }, failure: failure('2026-11-20T02:00:00.000Z') };
    const drill = { success: success('2026-11-22T04:00:10.000Z', { restored: true, seconds: 7.5 }) };
    const found = await metrics(stateOf(well, { backup: counted, drill }), '12:00:00');
    expect(Object.fromEntries(found)).toMatchObject({
      'slipway_backup_last_success_timestamp_seconds{stack="shop"}': unix('02:01:30'),
      'slipway_backup_last_verified_timestamp_seconds{stack="shop"}': unix('04:00:10'),
      'slipway_backup_age_seconds{stack="shop"}': '36000',
      'slipway_backup_bytes{stack="shop"}': '110',
      'slipway_backup_plain_bytes{stack="shop"}': '550',
      'slipway_backup_duration_seconds{stack="shop"}': '90',
      'slipway_backup_restore_seconds{stack="shop"}': '7.5',
      'slipway_backup_sets{stack="shop"}': '1',
      'slipway_backup_store_up{store="local",stack="shop"}': '1',
      'slipway_backup_running{job="backup",stack="shop"}': '0',
      'slipway_backup_failing{job="backup",stack="shop"}': '0',
      'slipway_backup_healthy{stack="shop"}': '1',
      'slipway_backup_failures_total{job="backup",kind="store",stack="shop"}': '2',
      'slipway_backup_failures_total{job="backup",kind="redis",stack="shop"}': '0',
      'slipway_backup_job_next_timestamp_seconds{job="backup",stack="shop"}': unix('2026-11-23T02:00:00Z'),
      'process_resident_memory_bytes{stack="shop"}': '64',
    });
  });

  test('have 0 for times that have not come, so that an alarm on their age rings, and leave out what there is not', async () => {
    const found = await metrics(stateOf(), '12:00:00');
    expect(found.get('slipway_backup_last_success_timestamp_seconds{stack="shop"}')).toBe('0');
    expect(found.get('slipway_backup_last_verified_timestamp_seconds{stack="shop"}')).toBe('0');
    expect(
      [...found.keys()].filter((name) => /^slipway_backup_(age_seconds|bytes|duration_seconds|sets|restore_seconds|store_up)\{/.test(name)),
    ).toEqual([]);
  });
});

describe('schedules', () => {
  const settings = { BACKUP_SCHEDULE: '0 2 * * *', BACKUP_DRILL_SCHEDULE: 'off', VACUUM_SCHEDULE: '30 3 1 * *', TZ: 'Europe/Berlin' };

  test('are those of .env, in its time zone; off is none', () => {
    expect(schedulesOf(settings)).toEqual({
      backup: { text: '0 2 * * *', timezone: 'Europe/Berlin' },
      drill: undefined,
      vacuum: { text: '30 3 1 * *', timezone: 'Europe/Berlin' },
    });
  });

  test('that could never fire are refused, each with its key', () => {
    const details = [
      expect.stringMatching(/^BACKUP_SCHEDULE: should be a cron expression such as "0 2 \* \* \*", got "61 2 \* \* \*"/),
      expect.stringMatching(/^VACUUM_SCHEDULE: .*such a day never comes/),
    ];
    const bad = { ...settings, BACKUP_SCHEDULE: '61 2 * * *', VACUUM_SCHEDULE: '0 0 30 2 *' };
    expect(() => schedulesOf(bad)).toThrow(expect.objectContaining({ exitCode: 2, details }));
  });
});
