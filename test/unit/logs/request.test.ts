import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../scripts/lib/errors.js';
import { justAfter, momentAt, parseMoment } from '../../../scripts/lib/logs/moment.js';
import { type LogsFlags, parseLogs } from '../../../scripts/lib/logs/request.js';

const now = Date.parse('2026-11-25T12:00:00.500Z');

describe('a moment', () => {
  test.each([
    ['10m', '2026-11-25T11:50:00.500000000Z'],
    ['1h30m', '2026-11-25T10:30:00.500000000Z'],
    ['2d', '2026-11-23T12:00:00.500000000Z'],
    ['1.5s', '2026-11-25T11:59:59.000000000Z'],
    ['2026-11-25T11:00:00Z', '2026-11-25T11:00:00.000000000Z'],
    ['2026-11-25T12:00:00+09:00', '2026-11-25T03:00:00.000000000Z'],
    ['2026-11-25T11:00:00.123456789Z', '2026-11-25T11:00:00.123456789Z'],
    ['2026-11-25T11:00:00.5Z', '2026-11-25T11:00:00.500000000Z'],
    ['999999d', '1970-01-01T00:00:00.000000000Z'],
  ])('%s is %s', (text, expected) => {
    expect(parseMoment(text, now)).toBe(expected);
  });

  test('without a zone is local, with a time of day or without', () => {
    expect(parseMoment('2026-11-25T11:00', now)).toBe(momentAt(new Date(2026, 10, 25, 11).getTime()));
    expect(parseMoment('2026-11-25', now)).toBe(momentAt(new Date(2026, 10, 25).getTime()));
  });

  test.each(['', 'soon', '10', '10 m', 'm10', '10m!', '-10m', '2026-13-01', '2026-11-25T25:00:00Z', '11:00', '2026-11-25 11:00', '1h 30m'])(
    '%j is none',
    (text) => {
      expect(parseMoment(text, now)).toBeUndefined();
    },
  );

  test('and the next one have nothing between them', () => {
    expect(justAfter('2026-11-25T11:00:00.123456789Z')).toBe('2026-11-25T11:00:00.123456790Z');
    expect(justAfter('2026-11-25T23:59:59.999999999Z')).toBe('2026-11-26T00:00:00.000000000Z');
    fc.assert(
      fc.property(fc.nat(2 ** 31), fc.nat(999_999_999), (seconds, nanoseconds) => {
        const moment = `${new Date(seconds * 1_000).toISOString().slice(0, 20)}${String(nanoseconds).padStart(9, '0')}Z`;
        expect(justAfter(moment) > moment).toBe(true);
        expect(justAfter(moment)).toHaveLength(30);
      }),
    );
  });
});

describe('the flags of logs', () => {
  const refusal = (flags: LogsFlags): UsageError => {
    try {
      parseLogs([], flags);
    } catch (error) {
      if (error instanceof UsageError) return error;
      throw error;
    }
    throw new Error('it was accepted');
  };

  test('none at all mean everything there is', () => {
    expect(parseLogs([], {})).toEqual({
      services: [],
      follow: false,
      since: undefined,
      until: undefined,
      tail: undefined,
      level: undefined,
      onlyKnown: false,
      request: undefined,
    });
  });

  test('a level may be called as others call it', () => {
    expect(parseLogs([], { level: 'WARNING' }).level).toBe('warn');
    expect(parseLogs([], { level: 'crit', 'known-level': true })).toMatchObject({ level: 'fatal', onlyKnown: true });
  });

  test.each([
    ['all', undefined],
    ['0', 0],
    ['100', 100],
  ])('--tail %s is %s', (tail, expected) => {
    expect(parseLogs([], { tail }).tail).toBe(expected);
  });

  test.each<[LogsFlags, string]>([
    [{ since: 'soon' }, '--since: should be how long ago, such as 10m, or a time such as 2026-05-01T12:00:00Z, got "soon"'],
    [{ until: '' }, '--until: should be how long ago, such as 10m, or a time such as 2026-05-01T12:00:00Z, got ""'],
    [{ tail: '-1' }, '--tail: should be a whole number such as 100, or all, got "-1"'],
    [{ level: 'loud' }, '--level: should be trace, debug, info, warn, error, fatal, got "loud"'],
    [{ level: 'toString' }, '--level: should be trace, debug, info, warn, error, fatal, got "toString"'],
    [{ 'known-level': true }, '--known-level: goes with --level alone'],
    [{ request: 'a b' }, '--request: should be an id as X-Request-ID has it, at least 6 letters and digits long, got "a b"'],
    [{ request: '1' }, '--request: should be an id as X-Request-ID has it, at least 6 letters and digits long, got "1"'],
  ])('%j is refused', (flags, message) => {
    expect(refusal(flags).message).toBe(message);
  });

  test('several problems are told together', () => {
    expect(refusal({ since: 'x', tail: 'y', level: 'z' })).toMatchObject({ message: 'the flags have 3 problems', exitCode: 2 });
    expect(refusal({ since: 'x', tail: 'y', level: 'z' }).details).toHaveLength(3);
  });

  test('whatever is typed, it is taken or refused as usage', () => {
    const flags = fc.record(
      { since: fc.string(), until: fc.string(), tail: fc.string(), level: fc.string(), request: fc.string() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(flags, (some) => {
        try {
          parseLogs([], some);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
    );
  });
});
