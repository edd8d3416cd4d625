import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IncompleteSet } from '../../../scripts/lib/backup/catalogue.js';
import { defaultPolicy, planRetention, planSweep, type RetentionPolicy } from '../../../scripts/lib/backup/retention.js';
import { type CataloguedSet, isWhole, type Kind, kinds } from '../../../scripts/lib/backup/set.js';
import { cataloguedSet, ids } from './sets.js';

const now = new Date('2026-11-22T03:00:00.000Z');
const DAY_MS = 86_400_000;
const nothing: RetentionPolicy = { days: 0, count: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, timezone: 'UTC' };

/** @returns the moment so many days ago, at two o'clock of the morning */
const ago = (days: number) => new Date(Date.UTC(2026, 10, 22, 2) - days * DAY_MS);
const nightly = (count: number) => Array.from({ length: count }, (_, days) => cataloguedSet(ago(days)));
const keptDays = (sets: CataloguedSet[], policy: RetentionPolicy) =>
  ids(planRetention(sets, policy, now).keep).map((id) => `${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6, 8)}`);

describe('what is kept of whole sets', () => {
  test('a set as old as the days is kept, an older one is not', () => {
    const sets = [cataloguedSet(now), cataloguedSet(ago(30)), cataloguedSet(new Date(now.getTime() - 30 * DAY_MS)), cataloguedSet(ago(31))];
    const { keep, remove } = planRetention(sets, { ...nothing, days: 30 }, now);
    expect(ids(keep)).toEqual(['20261122_030000', '20261023_030000']);
    expect(remove.map(({ because }) => because)).toEqual(Array(2).fill('older than 30 days, and no other rule keeps it'));
  });

  test('so many stay however old they are', () => {
    const old = [100, 200, 300, 400].map((days) => cataloguedSet(ago(days)));
    expect(planRetention(old, { ...nothing, count: 3 }, now).remove).toHaveLength(1);
    expect(keptDays(old, { ...nothing, count: 3 })).toHaveLength(3);
  });

  test('of each of the newest days, weeks, months and years the last set stays', () => {
    const sets = [...nightly(800), ...nightly(800).map(({ manifest }) => cataloguedSet(new Date(Date.parse(manifest.began) - 3_600_000)))];
    expect(keptDays(sets, { ...nothing, daily: 3 })).toEqual(['2026-11-22', '2026-11-21', '2026-11-20']);
    // The 22nd of November 2026 is a Sunday.
    expect(keptDays(sets, { ...nothing, weekly: 3 })).toEqual(['2026-11-22', '2026-11-15', '2026-11-08']);
    expect(keptDays(sets, { ...nothing, monthly: 4 })).toEqual(['2026-11-22', '2026-10-31', '2026-09-30', '2026-08-31']);
    expect(keptDays(sets, { ...nothing, yearly: 5 })).toEqual(['2026-11-22', '2025-12-31', '2024-12-31']);
  });

  test('months without a set do not count', () => {
    const sets = ['2026-11-01', '2026-06-15', '2025-02-03', '2024-12-24'].map((day) => cataloguedSet(`${day}T02:00:00Z`));
    expect(keptDays(sets, { ...nothing, monthly: 3 })).toEqual(['2026-11-01', '2026-06-15', '2025-02-03']);
  });

  test('a week goes over the turn of the year', () => {
    const sets = ['2026-01-01', '2025-12-31', '2025-12-29', '2025-12-28'].map((day) => cataloguedSet(`${day}T02:00:00Z`));
    expect(keptDays(sets, { ...nothing, weekly: 2 })).toEqual(['2026-01-01', '2025-12-28']);
  });

  test('days begin where the time zone says', () => {
    const sets = ['2026-10-31T14:00:00Z', '2026-10-31T16:00:00Z', '2026-11-10T12:00:00Z'].map((moment) => cataloguedSet(moment));
    expect(ids(planRetention(sets, { ...nothing, monthly: 2 }, now).keep)).toEqual(['20261110_120000', '20261031_160000']);
    const tokyo = { ...nothing, monthly: 2, timezone: 'Asia/Tokyo' };
    expect(ids(planRetention(sets, tokyo, now).keep)).toEqual(['20261110_120000', '20261031_140000']);
  });

  test('two years of nights become the days, the weeks and the months', () => {
    const { keep } = planRetention(nightly(730), defaultPolicy, now);
    // 30 nights, the oldest of them in October, then the ends of the ten months from September back to December.
    expect(keep).toHaveLength(30 + 10);
    expect(ids(keep).at(-1)).toBe('20251231_020000');
    expect(keep[0]?.because).toEqual([
      'newest whole set',
      'newest with postgres',
      'newest with redis',
      'newest with files',
      'newest with config',
      'at most 30 days old',
      'one of the newest 7',
      'weekly',
      'monthly',
    ]);
  });
});

describe('what stays in any case', () => {
  test('the newest set, the newest two that are verified, and what is pinned', () => {
    const verified = { verified: '2026-01-01T00:00:00Z' };
    const sets = [
      cataloguedSet(ago(100)),
      cataloguedSet(ago(200), verified),
      cataloguedSet(ago(300)),
      cataloguedSet(ago(400), verified),
      cataloguedSet(ago(500), verified),
      cataloguedSet(ago(600), { pinned: true }),
    ];
    const { keep } = planRetention(sets, nothing, now);
    expect(keep.map(({ set }) => sets.indexOf(set))).toEqual([0, 1, 3, 5]);
    expect(keep.map(({ because }) => because[0])).toEqual([
      'newest whole set',
      'one of the newest 2 verified',
      'one of the newest 2 verified',
      'pinned',
    ]);
  });

  test('a set from the future stays, and takes no place of another one', () => {
    const future = [1, 2, 3].map((days) => cataloguedSet(ago(-days), { verified: ago(-days).toISOString() }));
    const past = [100, 200, 300].map((days) => cataloguedSet(ago(days)));
    const { keep, remove } = planRetention([...future, ...past], { ...nothing, count: 2 }, now);
    expect(ids(keep)).toEqual(ids([...future.reverse(), ...past.slice(0, 2)].map((set) => ({ set }))));
    expect(remove).toHaveLength(1);
  });

  test('sets of some kinds take no place of a whole one, and go by their days', () => {
    const redis = { kinds: ['redis'] satisfies Kind[] };
    const sets = [
      cataloguedSet(ago(29), {}, redis),
      cataloguedSet(ago(40), {}, redis),
      cataloguedSet(ago(50), { verified: ago(50).toISOString() }, redis),
      cataloguedSet(ago(60)),
      cataloguedSet(ago(70)),
    ];
    const { keep, remove } = planRetention(sets, { ...nothing, days: 30, count: 1, monthly: 1 }, now);
    expect(keep.map(({ set }) => sets.indexOf(set))).toEqual([0, 3]);
    expect(remove[0]?.because).toBe('older than 30 days, and only redis');
  });

  test('where there are only sets of some kinds, the newest with each kind stays', () => {
    const sets = [
      cataloguedSet(ago(100), {}, { kinds: ['redis'] }),
      cataloguedSet(ago(200), {}, { kinds: ['postgres', 'redis'] }),
      cataloguedSet(ago(300), {}, { kinds: ['postgres'] }),
    ];
    expect(planRetention(sets, nothing, now).keep.map(({ set }) => sets.indexOf(set))).toEqual([0, 1]);
  });

  test('a clock ten years ahead leaves the newest ones', () => {
    const { keep } = planRetention(nightly(60), defaultPolicy, new Date('2036-11-22T00:00:00Z'));
    expect(keep.length).toBeGreaterThanOrEqual(defaultPolicy.count);
    expect(ids(keep)[0]).toBe('20261122_020000');
  });

  test('of nothing there is nothing to plan', () => {
    expect(planRetention([], defaultPolicy, now)).toEqual({ keep: [], remove: [] });
  });
});

test.each([
  [{ days: Number.NaN }, 'days: should be a whole number, got NaN'],
  [{ count: -1 }, 'count: should be a whole number, got -1'],
  [{ monthly: 1.5 }, 'monthly: should be a whole number, got 1.5'],
])('a policy of %j is refused', (wrong, detail) => {
  expect(() => planRetention(nightly(3), { ...defaultPolicy, ...wrong }, now)).toThrow(
    expect.objectContaining({ exitCode: 2, details: [detail] }),
  );
});

describe('whatever the sets and the policy', () => {
  const small = fc.nat(4);
  const policy = fc.record({
    days: fc.nat(60),
    count: small,
    daily: small,
    weekly: small,
    monthly: small,
    yearly: small,
    timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Tokyo', 'America/St_Johns'),
  });
  // Close together and far apart, a few of them after now.
  const moment = fc.oneof(fc.integer({ min: -3 * 24, max: 24 * 40 }), fc.integer({ min: 0, max: 24 * 900 }));
  const described = fc.record({
    hours: moment,
    kinds: fc.oneof(fc.constant<Kind[]>([...kinds]), fc.subarray<Kind>([...kinds], { minLength: 1 })),
    pinned: fc.integer({ min: 0, max: 9 }).map((value) => value === 0),
    verified: fc.boolean(),
  });
  type Described = typeof described extends fc.Arbitrary<infer Value> ? Value : never;
  const setOf = ({ hours, kinds: some, pinned, verified }: Described): CataloguedSet => {
    const began = new Date(now.getTime() - hours * 3_600_000);
    return cataloguedSet(began, { pinned, verified: verified ? began.toISOString() : undefined }, { kinds: some });
  };
  const sets = fc.uniqueArray(described, { selector: ({ hours }) => hours, maxLength: 40 }).map((all) => all.map(setOf));
  const removedBy = (...plan: Parameters<typeof planRetention>) => new Set(ids(planRetention(...plan).remove));
  const assert = (...property: Parameters<typeof fc.property<[CataloguedSet[], RetentionPolicy, number]>>) =>
    fc.assert(fc.property(...property), { numRuns: 300 });
  const any = [sets, policy, fc.nat(1_000)] as const;

  test('each set is kept with a reason or removed with one, newest first', () => {
    assert(...any, (all, rules) => {
      const { keep, remove } = planRetention(all, rules, now);
      expect(new Set([...keep, ...remove].map(({ set }) => set))).toEqual(new Set(all));
      expect(keep.length + remove.length).toBe(all.length);
      expect(keep.every(({ because }) => because.length > 0) && remove.every(({ because }) => because !== '')).toBe(true);
      for (const list of [ids(keep), ids(remove)]) expect(list).toEqual([...list].sort().reverse());
    });
  });

  test('what is pinned, newest, newest verified or from the future stays, and something always does', () => {
    assert(...any, (all, rules) => {
      const removed = removedBy(all, rules, now);
      const newest = [...all].sort((a, b) => (a.manifest.set < b.manifest.set ? 1 : -1));
      const past = newest.filter(({ manifest }) => Date.parse(manifest.began) <= now.getTime());
      const whole = past.filter(({ manifest }) => isWhole(manifest));
      const stays = [
        ...all.filter(({ pinned }) => pinned),
        ...newest.filter((set) => !past.includes(set)),
        ...whole.slice(0, Math.max(1, rules.count)),
        ...whole.filter(({ verified }) => verified !== undefined).slice(0, 2),
      ];
      expect(stays.filter(({ manifest }) => removed.has(manifest.set))).toEqual([]);
      expect(all.length === 0 || removed.size < all.length).toBe(true);
    });
  });

  test('pruning twice removes nothing more', () => {
    assert(...any, (all, rules) => {
      const kept = planRetention(all, rules, now).keep.map(({ set }) => set);
      expect(planRetention(kept, rules, now).remove).toEqual([]);
    });
  });

  test('a larger number in the policy removes nothing that a smaller one keeps', () => {
    const key = fc.constantFrom('days', 'count', 'daily', 'weekly', 'monthly', 'yearly');
    fc.assert(
      fc.property(sets, policy, key, fc.integer({ min: 1, max: 20 }), (all, rules, which, more) => {
        const less = removedBy(all, rules, now);
        for (const set of removedBy(all, { ...rules, [which]: rules[which as 'days'] + more }, now)) expect(less).toContain(set);
      }),
    );
  });

  test('the order in which stores list the sets is of no consequence', () => {
    fc.assert(
      fc.property(
        sets.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        policy,
        ([all, shuffled], rules) => {
          expect(planRetention(shuffled, rules, now)).toEqual(planRetention(all, rules, now));
        },
      ),
    );
  });

  test('a set that is to go stays so when newer ones come, and when time goes by', () => {
    assert(...any, (all, rules, hours) => {
      const later = new Date(now.getTime() + hours * 3_600_000);
      const newer = [cataloguedSet(later), cataloguedSet(new Date(later.getTime() - 1_000), { verified: later.toISOString() })];
      const added = newer.filter((one) => !all.some(({ manifest }) => manifest.set === one.manifest.set));
      const after = removedBy([...all, ...added], rules, later);
      for (const set of removedBy(all, rules, now)) expect(after).toContain(set);
    });
  });

  test('a set that nobody sees any more makes no other one go', () => {
    assert(...any, (all, rules, choice) => {
      const fewer = all.filter((_, index) => index !== choice % Math.max(1, all.length));
      const removed = removedBy(all, rules, now);
      for (const set of removedBy(fewer, rules, now)) expect(removed).toContain(set);
    });
  });
});

describe('left-overs', () => {
  const leftOver = (days: number, rest: Partial<IncompleteSet> = {}): IncompleteSet => {
    const began = cataloguedSet(ago(days)).manifest;
    return {
      set: began.set,
      store: 'local',
      fault: 'unfinished',
      problem: 'has no manifest',
      pinned: false,
      touched: began.began,
      ...rest,
    };
  };

  test('folders without a manifest go when nobody wrote to them for two days', () => {
    const all = [leftOver(0), leftOver(1), leftOver(2), leftOver(30), leftOver(-1)];
    expect(planSweep(all, now)).toEqual([all[2], all[3]]);
  });

  test('a run that takes long, a damaged set, one that could not be read and a pinned one stay', () => {
    const touched = ago(1).toISOString();
    const all = [
      leftOver(9, { touched }),
      leftOver(9, { fault: 'damaged' }),
      leftOver(9, { fault: 'unreadable' }),
      leftOver(9, { pinned: true }),
    ];
    expect(planSweep(all, now)).toEqual([]);
  });
});
