import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Sample } from '../../../scripts/lib/load/load.js';
import { between, longestOutage, summarise } from '../../../scripts/lib/load/summary.js';

const sample = (milliseconds: number, status = 200, rest: Partial<Sample> = {}): Sample => ({
  at: 0,
  milliseconds,
  status,
  release: 'v1',
  method: 'GET',
  reused: true,
  ...rest,
});

describe('summarise', () => {
  test('nothing sent is all zeros', () => {
    expect(summarise([])).toEqual({ sent: 0, lost: 0, refused: 0, p50: 0, p99: 0, reasons: {} });
  });

  test('what was lost and what was refused are counted apart, each with its reason', () => {
    const samples = [
      sample(1),
      sample(2, 204),
      sample(3, 0, { error: 'ECONNRESET' }),
      sample(3, 0, { error: 'ECONNRESET' }),
      sample(4, 502),
      sample(5, 429),
      sample(6, 301),
    ];
    expect(summarise(samples)).toMatchObject({
      sent: 7,
      lost: 2,
      refused: 3,
      reasons: { ECONNRESET: 2, '502': 1, '429': 1, '301': 1 },
    });
  });

  test('a request that was lost without a reason is counted as 0', () => {
    expect(summarise([sample(1, 0)])).toMatchObject({ lost: 1, refused: 0, reasons: { '0': 1 } });
  });

  test('quantiles are those of the good answers, by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => sample(index + 1)).reverse();
    expect(summarise([...hundred, sample(9_999, 500)])).toMatchObject({ p50: 50, p99: 99 });
  });

  test.each([
    [[7], 7, 7],
    [[1, 2], 1, 2],
    [[3, 1, 2], 2, 3],
    [[10, 1, 100], 10, 100],
  ])('of %j the median is %i and p99 %i', (times, p50, p99) => {
    expect(summarise(times.map((time) => sample(time)))).toMatchObject({ p50, p99 });
  });

  test('quantiles are times that were measured, in order, and the counts add up', () => {
    const any = fc.array(fc.record({ time: fc.nat(1_000), status: fc.constantFrom(0, 200, 204, 404, 502) }));
    fc.assert(
      fc.property(any, (all) => {
        const samples = all.map(({ time, status }) => sample(time, status));
        const good = samples.filter(({ status }) => status === 200 || status === 204).map(({ milliseconds }) => milliseconds);
        const { sent, lost, refused, p50, p99, reasons } = summarise(samples);
        expect(sent).toBe(samples.length);
        expect(lost + refused + good.length).toBe(sent);
        expect(Object.values(reasons).reduce((sum, count) => sum + count, 0)).toBe(lost + refused);
        expect(p50).toBeLessThanOrEqual(p99);
        if (good.length > 0) {
          for (const quantile of [p50, p99]) expect(good).toContain(quantile);
          expect(good.filter((time) => time <= p50).length).toBeGreaterThanOrEqual(good.length / 2);
          expect(good.filter((time) => time <= p99).length).toBeGreaterThanOrEqual(good.length * 0.99);
        }
      }),
    );
  });
});

describe('between', () => {
  test('takes what was sent from the first moment on and before the second', () => {
    const samples = [9, 10, 15, 19, 20].map((at) => sample(1, 200, { at }));
    expect(between(samples, 10, 20).map(({ at }) => at)).toEqual([10, 15, 19]);
  });

  test('parts side by side have each sample once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30)), fc.nat(30), (moments, middle) => {
        const samples = moments.map((at) => sample(1, 200, { at }));
        expect([...between(samples, 0, middle), ...between(samples, middle, 31)]).toHaveLength(samples.length);
      }),
    );
  });
});

describe('longestOutage', () => {
  const answered = (at: number, milliseconds: number, status = 200) => sample(milliseconds, status, { at });

  test('is the longest time between two good answers, whatever order they were sent in', () => {
    expect(longestOutage([answered(500, 10), answered(0, 10), answered(20, 290)])).toBe(300);
  });

  test('answers that refuse, and what was lost, do not end it', () => {
    expect(longestOutage([answered(0, 1), answered(40, 1, 502), answered(60, 1, 0), answered(100, 1)])).toBe(100);
  });

  test.each([
    ['nothing', []],
    ['one answer', [answered(7, 1)]],
    ['refusals alone', [answered(7, 1, 502), answered(9, 1, 502)]],
  ])('%s has none', (_, samples) => {
    expect(longestOutage(samples)).toBe(0);
  });
});
