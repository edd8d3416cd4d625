import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge, sayTally } from '../../../../scripts/lib/deploy/bake/judge.js';
import { Tally } from '../../../../scripts/lib/deploy/bake/tally.js';

/** @returns a tally of good requests and failed ones, all of the same time (milliseconds) */
function tally(good: number, failed = 0, milliseconds = 20): Tally {
  const all = new Tally();
  for (let n = 0; n < good; n++) all.add({ status: 200, milliseconds });
  for (let n = 0; n < failed; n++) all.add({ status: 500, milliseconds });
  return all;
}
const limits = { errors: 0.01, slowdown: 3 };

describe('a tally', () => {
  test('knows the percentile to one percent, by the nearest rank', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 300 }), (times) => {
        const all = new Tally();
        for (const milliseconds of times) all.add({ status: 200, milliseconds });
        const exact = [...times].sort((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1] as number;
        expect(Math.abs(all.p99 - exact) / exact).toBeLessThan(0.01);
      }),
    );
  });

  test('counts 5xx alone as failed, and requests without a time as well', () => {
    const all = new Tally();
    for (const status of [200, 304, 404, 429, 499, 500, 502, 504]) all.add({ status, milliseconds: undefined });
    expect(all).toMatchObject({ requests: 8, failed: 3, timed: 0, failedShare: 3 / 8, p99: 0 });
    expect(new Tally()).toMatchObject({ failedShare: 0, p99: 0 });
  });
});

describe('a release is worse than the one before', () => {
  test('when clearly more of its requests fail, and the figures are told', () => {
    expect(judge(tally(90, 10), tally(5_000, 5), limits)).toEqual([
      '10 of 100 requests failed (10 %), 5 of 5005 before (0.1 %); BAKE_MAX_ERRORS lets 1 % more through',
    ]);
  });

  test('when its slowest hundredth takes much longer', () => {
    expect(judge(tally(200, 0, 900), tally(200, 0, 100), limits)).toEqual([
      expect.stringMatching(/^the p99 is 90\d ms in 200 requests, 100 ms in 200 before; BAKE_MAX_SLOWDOWN lets 3 times as much through$/),
    ]);
  });

  test.each([
    ['two requests failed of two: that may be anything', tally(0, 2), tally(100)],
    ['3 of 400 failed: less than a hundredth', tally(397, 3), tally(1_000)],
    ['6 of 400 failed: that may be chance', tally(394, 6), tally(1_000)],
    ['as many failed before', tally(900, 100), tally(9_000, 1_000)],
    ['it is slow in 99 requests, which are too few', tally(99, 0, 5_000), tally(1_000)],
    ['there is too little to compare with', tally(1_000, 0, 5_000), tally(99)],
    ['5 ms have become 190', tally(1_000, 0, 190), tally(1_000, 0, 5)],
    ['nobody came', tally(0), tally(1_000, 1_000)],
  ])('not when %s', (_, now, before) => {
    expect(judge(now, before, limits)).toEqual([]);
  });

  test('never by what is switched off', () => {
    expect(judge(tally(0, 1_000, 9_000), tally(1_000), { errors: undefined, slowdown: undefined })).toEqual([]);
  });

  test('when one that fails less is not', () => {
    const count = fc.integer({ min: 0, max: 2_000 });
    fc.assert(
      fc.property(count, count, count, (good, failed, better) => {
        const before = tally(500, 2);
        const worse = judge(tally(good, failed), before, limits).length;
        const less = judge(tally(good + better, failed), before, limits).length;
        expect(less).toBeLessThanOrEqual(worse);
      }),
      { numRuns: 100 },
    );
  });
});

test('a tally is told in a few words', () => {
  expect(sayTally(tally(0))).toBe('no request');
  expect(sayTally(tally(10))).toBe('10 requests, none failed, p99 20 ms');
  expect(sayTally(tally(9, 1))).toBe('10 requests, 1 failed (10 %), p99 20 ms');
});
