import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatBytes, formatDuration, parseDuration, parseLongDuration } from '../../../scripts/lib/config/durations.js';

describe('parseDuration', () => {
  test.each([
    ['500ms', 500],
    ['0s', 0],
    ['30s', 30_000],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['1h', 3_600_000],
    [' 30s ', 30_000],
  ])('%j is %i ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each(['', '30', 's', '30 s', '-1s', '1d', '1.s', '.5s', '1,5s', '30S', '1m30s', 'soon', '1e3s', '30s;'])(
    '%j is no duration',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  test('whole numbers of a unit are exact', () => {
    fc.assert(
      fc.property(
        fc.nat(100_000),
        fc.constantFrom(['ms', 1], ['s', 1_000], ['m', 60_000], ['h', 3_600_000] as const),
        (count, [unit, size]) => {
          expect(parseDuration(`${count}${unit}`)).toBe(count * Number(size));
        },
      ),
    );
  });

  // 1.005s is 1004.9999999999999 ms in floating point, and nginx refuses a time like that.
  test('every duration is a whole number of milliseconds, at most half of one away from what was written', () => {
    const digits = fc.tuple(fc.nat(9_999), fc.nat(9_999)).map(([whole, part]) => `${whole}.${part}`);
    fc.assert(
      fc.property(
        fc.oneof(digits, fc.constantFrom('1.005', '4.1', '0.5')),
        fc.constantFrom(['ms', 1], ['s', 1_000], ['m', 60_000] as const),
        (count, [unit, size]) => {
          const milliseconds = parseDuration(`${count}${unit}`) ?? Number.NaN;
          expect(Number.isInteger(milliseconds)).toBe(true);
          expect(Math.abs(milliseconds - Number(count) * Number(size))).toBeLessThanOrEqual(0.5);
        },
      ),
    );
  });
});

describe('parseLongDuration', () => {
  test.each([
    ['30d', 30 * 86_400_000],
    ['1.5d', 36 * 3_600_000],
    [' 7d ', 7 * 86_400_000],
    ['12h', 12 * 3_600_000],
    ['60s', 60_000],
  ])('%j is %i ms', (text, milliseconds) => {
    expect(parseLongDuration(text)).toBe(milliseconds);
  });

  test.each(['', 'd', '30', '30 d', '-1d', '1w', '30D', '1d12h', '1e3d'])('%j is no duration', (text) => {
    expect(parseLongDuration(text)).toBeUndefined();
  });
});

describe('formatDuration', () => {
  test.each([
    [0, '0 ms'],
    [340.4, '340 ms'],
    [999, '999 ms'],
    [1_000, '1.0 s'],
    [4_200, '4.2 s'],
    [59_900, '59.9 s'],
    [60_000, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [3_599_000, '59 min 59 s'],
    [3_600_000, '1 h 0 min'],
    [7_800_000, '2 h 10 min'],
    [86_400_000, '1 d 0 h'],
    [3 * 86_400_000 + 4 * 3_600_000, '3 d 4 h'],
  ])('%d ms is said as %s', (milliseconds, words) => {
    expect(formatDuration(milliseconds)).toBe(words);
  });

  test.each([
    [999.6, '1.0 s'],
    [59_970, '1 min 00 s'],
    [3_599_700, '1 h 0 min'],
  ])('%d ms is rounded up into the next unit: %s', (milliseconds, words) => {
    expect(formatDuration(milliseconds)).toBe(words);
  });
});

describe('formatBytes', () => {
  test.each([
    [0, '0 B'],
    [512, '512 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1.5 * 1024 ** 2, '1.5 MiB'],
    [1024 ** 3, '1.0 GiB'],
    [2.25 * 1024 ** 4, '2.3 TiB'],
    [5000 * 1024 ** 4, '5000.0 TiB'],
  ])('%d bytes are said as %s', (bytes, words) => {
    expect(formatBytes(bytes)).toBe(words);
  });
});
