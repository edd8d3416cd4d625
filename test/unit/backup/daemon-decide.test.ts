import { describe, expect, test } from 'vitest';
import { type Decision, decide, dueNow, nextRun, patience, type Question } from '../../../scripts/lib/backup/daemon/decide.js';
import type { Attempts } from '../../../scripts/lib/backup/daemon/state.js';
import { parseSchedule, previousDue } from '../../../scripts/lib/backup/schedule.js';

const nightly = parseSchedule('0 2 * * *', 'UTC');

/** @returns what is decided about the nightly backup; times are of the 22nd of November unless they have a date */
function decision(now: string, lastSuccess: string | undefined, rest: Partial<Question> = {}): Decision {
  return decide({
    schedule: nightly,
    now: at(now),
    lastSuccess: lastSuccess === undefined ? undefined : at(lastSuccess),
    since: at('2026-11-01T12:00:00Z'),
    attempts: undefined,
    patience: patience.backup,
    ...rest,
  });
}

function at(text: string): Date {
  return new Date(text.includes('T') ? text : `2026-11-22T${text}Z`);
}

const failedAt = (ended: string, count: number, rest: Partial<Attempts> = {}): Attempts => ({
  due: at('02:00:00').toISOString(),
  count,
  ended: at(ended).toISOString(),
  reason: 'schedule',
  ...rest,
});

describe('a run is caught up', () => {
  test('when the container was down at its time', () => {
    expect(decision('09:30:00', '2026-11-21T02:00:00Z')).toEqual({ run: true, due: at('02:00:00'), reason: 'catch-up' });
  });

  test('once, however many nights it was down', () => {
    expect(decision('09:30:00', '2026-11-15T02:00:00Z')).toEqual({ run: true, due: at('02:00:00'), reason: 'catch-up' });
    expect(decision('09:31:00', '09:30:00')).toEqual({ run: false, again: undefined });
  });

  test('when the clock jumped over its time', () => {
    const schedule = parseSchedule('30 2 * * *', 'Europe/Berlin');
    const rest = { schedule, since: at('2026-03-01T00:00:00Z') };
    const before = decision('2026-03-29T01:00:10Z', '2026-03-28T01:30:00Z', rest);
    const after = decision('2026-03-29T01:00:30Z', '2026-03-28T01:30:00Z', rest);
    expect(before).toEqual({ run: false, again: undefined });
    expect(after).toEqual({ run: true, due: at('2026-03-29T01:00:00Z'), reason: 'catch-up' });
  });

  test('when nothing but the moment of the first start is known, and a time went by since', () => {
    expect(decision('09:30:00', undefined)).toMatchObject({ run: true, reason: 'catch-up' });
  });
});

describe('nothing is caught up', () => {
  test('in a fresh stack: the first backup waits for its time', () => {
    expect(decision('09:30:00', undefined, { since: at('09:00:00') })).toEqual({ run: false, again: undefined });
  });

  test('in the seconds in which node-cron is firing', () => {
    expect(decision('02:00:10', '2026-11-21T02:00:00Z')).toEqual({ run: false, again: undefined });
    expect(decision('02:00:20', '2026-11-21T02:00:00Z')).toMatchObject({ run: true });
  });

  test('when somebody made a backup by hand since it was due', () => {
    expect(decision('09:30:00', '09:00:00')).toEqual({ run: false, again: undefined });
  });
});

describe('a run that failed is tried again', () => {
  const last = '2026-11-21T02:00:00Z';

  test('after 5 minutes, then 15, then 45, and it stays what it was', () => {
    expect(decision('02:05:29', last, { attempts: failedAt('02:00:30', 1) })).toEqual({ run: false, again: at('02:05:30') });
    expect(decision('02:05:30', last, { attempts: failedAt('02:00:30', 1) })).toEqual({
      run: true,
      due: at('02:00:00'),
      reason: 'schedule',
    });
    expect(decision('02:06:00', last, { attempts: failedAt('02:05:40', 2) })).toEqual({ run: false, again: at('02:20:40') });
    expect(decision('02:21:00', last, { attempts: failedAt('02:20:50', 3) })).toEqual({ run: false, again: at('03:05:50') });
  });

  test('a backup goes on to be tried each 45 minutes until its next time', () => {
    expect(decision('12:00:00', last, { attempts: failedAt('11:50:00', 14) })).toEqual({ run: false, again: at('12:35:00') });
    expect(decision('12:35:00', last, { attempts: failedAt('11:50:00', 14) })).toMatchObject({ run: true });
  });

  test('a drill is given up after two further tries, until its next time', () => {
    const rest = { patience: patience.drill };
    expect(decision('02:20:00', last, { ...rest, attempts: failedAt('02:05:00', 1) })).toMatchObject({ run: true });
    expect(decision('12:00:00', last, { ...rest, attempts: failedAt('03:10:00', 3) })).toEqual({ run: false, again: undefined });
    expect(decision('2026-11-23T02:01:00Z', last, { ...rest, attempts: failedAt('03:10:00', 3) })).toMatchObject({ run: true });
  });

  test('failures of an earlier due time do not count', () => {
    const attempts = failedAt('2026-11-22T01:50:00Z', 20, { due: '2026-11-21T02:00:00.000Z' });
    expect(decision('02:00:30', last, { attempts })).toEqual({ run: true, due: at('02:00:00'), reason: 'catch-up' });
  });
});

test('a timer that ends a moment early belongs to the time that it was set for', () => {
  expect(dueNow(nightly, at('2026-11-22T01:59:59.990Z'))).toEqual(at('02:00:00'));
  expect(dueNow(nightly, at('2026-11-22T02:00:00.004Z'))).toEqual(at('02:00:00'));
  expect(previousDue(nightly, at('2026-11-22T01:59:59.990Z'))).toEqual(at('2026-11-21T02:00:00Z'));
});

test('the next run is the next due time, an earlier retry, or now', () => {
  const question = (now: string, attempts?: Attempts): Question => ({
    schedule: nightly,
    now: at(now),
    lastSuccess: at('2026-11-21T02:00:00Z'),
    since: at('2026-11-01T00:00:00Z'),
    attempts,
    patience: patience.backup,
  });
  expect(nextRun({ ...question('12:00:00'), lastSuccess: at('02:00:00') })).toEqual(at('2026-11-23T02:00:00Z'));
  expect(nextRun(question('02:02:00', failedAt('02:00:30', 1)))).toEqual(at('02:05:30'));
  expect(nextRun(question('12:00:00'))).toEqual(at('12:00:00'));
});
