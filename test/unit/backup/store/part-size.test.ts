import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits, partSize } from '../../../../scripts/lib/backup/store/part-size.js';

const MIB = 1024 ** 2;
const GIB = 1024 * MIB;
const anyMaxParts = fc.integer({ min: 100, max: limits.mostParts });
const sizes = (maxParts: number) => Array.from({ length: maxParts }, (_, index) => partSize(index + 1, maxParts));
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
const calmBytes = (maxParts: number) => sum(sizes(maxParts).filter((size) => size <= 56 * MIB));

describe('partSize', () => {
  test('an upload begins with 8 MiB and reaches 56 MiB after a tenth of the parts', () => {
    expect(partSize(1)).toBe(8 * MIB);
    expect(partSize(1_000)).toBeLessThan(56 * MIB);
    expect(partSize(1_001)).toBe(56 * MIB);
  });

  test('10,000 parts hold the largest object, and hardly more than that', () => {
    expect(sum(sizes(10_000))).toBeGreaterThanOrEqual(limits.largestObject);
    expect(sum(sizes(10_000))).toBeLessThan(limits.largestObject * 1.002);
    expect(partSize(10_000)).toBe(limits.largestPart);
  });

  test('10,000 parts stay small for the first 420 GiB', () => {
    expect(calmBytes(10_000)).toBeGreaterThan(420 * GIB);
  });

  test('1,000 parts hold more than a TiB, and stay small for the first 24 GiB', () => {
    expect(sum(sizes(1_000))).toBeGreaterThan(1.25 * 1024 * GIB);
    expect(calmBytes(1_000)).toBeGreaterThan(24 * GIB);
  });

  test('a part is never smaller than S3 takes, never larger, and never smaller than the one before', () => {
    fc.assert(
      fc.property(anyMaxParts, (maxParts) => {
        const all = sizes(maxParts);
        expect(Math.min(...all)).toBe(8 * MIB);
        expect(Math.max(...all)).toBeLessThanOrEqual(limits.largestPart);
        expect(all.every((size, index) => size % MIB === 0 && size >= (all[index - 1] ?? 0))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('the largest object fits whenever the number of parts allows it with half of them small', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4_000, max: limits.mostParts }), (maxParts) => {
        expect(sum(sizes(maxParts))).toBeGreaterThanOrEqual(limits.largestObject);
      }),
      { numRuns: 200 },
    );
  });
});
