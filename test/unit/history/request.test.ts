import { describe, expect, test } from 'vitest';
import { type SlipwayError, UsageError } from '../../../scripts/lib/errors.js';
import { type HistoryFlags, parseHistory } from '../../../scripts/lib/history/request.js';
import { DAY, HOUR } from './journals.js';

/** @returns the error's message and its details, a line each */
function refusal(flags: HistoryFlags): string[] {
  try {
    parseHistory(flags);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    const { message, details, exitCode } = error as SlipwayError;
    expect(exitCode).toBe(2);
    return [message, ...details];
  }
  throw new Error('it was not refused');
}

test('without flags, the last 20 operations and 30 days', () => {
  expect(parseHistory({})).toEqual({ last: 20, windowMs: 30 * DAY });
});

describe('--window', () => {
  test.each([
    ['1d', DAY],
    ['1.5d', 36 * HOUR],
    ['12h', 12 * HOUR],
    ['90m', 1.5 * HOUR],
    ['60s', 60_000],
    ['3650d', 3_650 * DAY],
    [' 7d ', 7 * DAY],
  ])('takes %j', (window, windowMs) => {
    expect(parseHistory({ window }).windowMs).toBe(windowMs);
  });

  test.each(['', '30', 'd', '-1d', '0d', '59s', '1w', '30 d', '30D', '3651d', '1e9d', '99999999999999999999d', 'NaN'])(
    'refuses %j',
    (window) => {
      expect(refusal({ window })).toEqual([`--window: should be a duration from 1m to 3650d such as 30d, got ${JSON.stringify(window)}`]);
    },
  );
});

describe('--last', () => {
  test.each([
    ['1', 1],
    ['500', 500],
    ['007', 7],
  ])('takes %j', (last, number) => {
    expect(parseHistory({ last }).last).toBe(number);
  });

  test.each(['', '0', '00', '-1', '1.5', 'all', '1e3', '0x10', '9999999999', '２'])('refuses %j', (last) => {
    expect(refusal({ last })).toEqual([`--last: should be a whole number such as 20, got ${JSON.stringify(last)}`]);
  });
});

test('all problems are told together', () => {
  expect(refusal({ last: 'all', window: 'ever' })).toEqual([
    'the flags have 2 problems',
    '--last: should be a whole number such as 20, got "all"',
    '--window: should be a duration from 1m to 3650d such as 30d, got "ever"',
  ]);
});
