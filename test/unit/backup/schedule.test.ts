import { CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { createTask, validate } from 'node-cron';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { isMissed, nextDue, parseSchedule, previousDue, type Schedule } from '../../../scripts/lib/backup/schedule.js';
import { UsageError } from '../../../scripts/lib/errors.js';

const MINUTE = 60_000;
const berlin = (text: string) => parseSchedule(text, 'Europe/Berlin');
const utc = (text: string) => parseSchedule(text, 'UTC');
const iso = (moment: Date) => moment.toISOString().replace(':00.000Z', 'Z');

/** @returns the next due times, one after the other */
function following(schedule: Schedule, after: string, count: number): string[] {
  const found: string[] = [];
  for (let at = new Date(after); found.length < count; found.push(iso(at))) at = nextDue(schedule, at);
  return found;
}

afterEach(() => {
  vi.useRealTimers();
});

/** @returns what node-cron itself says it will do, its clock being set to a moment */
function firedByNodeCron({ text, timezone }: Schedule, after: string, count: number): string[] {
  vi.useFakeTimers({ now: new Date(after), toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  const task = createTask(text, () => {}, { timezone });
  try {
    task.start();
    return task.getNextRuns(count).map(iso);
  } finally {
    task.destroy();
    vi.useRealTimers();
  }
}

describe('which expressions are taken', () => {
  test.each([
    ['0 2 * * *', '0 2 * * *'],
    [' 0\t2  * * * ', '0 2 * * *'],
    ['*/15 8-18/2 1,15,L jan-mar,12 *', '*/15 8-18/2 1,15,L jan-mar,12 *'],
    ['5 4 * * Mon-Fri,7', '5 4 * * Mon-Fri,7'],
    ['0 2 * * 0#1', '0 2 * * 0#1'],
    ['0 2 * * 5L', '0 2 * * 5L'],
    ['0 2 29 2 *', '0 2 29 2 *'],
  ])('%j', (text, kept) => {
    expect(utc(text)).toEqual({ text: kept, timezone: 'UTC' });
  });

  test.each([
    ...['daily', '@daily', '', '0 2 * *', '0 0 2 * * *', '60 2 * * *', '0 24 * * *', '0 2 0 * *', '0 2 * 13 *', '0 2 * * 8', '-1 2 * * *'],
    ...[
      '*/0 * * * *',
      '22-2 * * * *',
      '5/10 * * * *',
      '0 2 15W * *',
      '0 2 L-2 * *',
      '0 2 * january *',
      '0 2 ? * *',
      'H 2 * * *',
      '0 2 1,1 * *',
    ],
    ...['0 2 * * 1#6', '0 2 * * 1#1,2', '* * * * *; rm', '0 2 * * fri-sun', '0,, 2 * * *', '0 2 * * *\n0 3 * * * *', '0 2 * foo *'],
  ])('%j is refused in one line', (text) => {
    expect(() => utc(text)).toThrow(new UsageError(`should be a cron expression such as "0 2 * * *", got ${JSON.stringify(text)}`));
  });

  test.each(['0 0 30 2 *', '0 0 31 4,6,sep,11 *', '0 0 30-31 2 *'])('%j, which never comes, is refused', (text) => {
    expect(() => utc(text)).toThrow(
      new UsageError(`should be a cron expression such as "0 2 * * *", got ${JSON.stringify(text)}: such a day never comes`),
    );
  });

  test.each(['0 2 1 * 1', '0 2 1-7 * 0', '0 2 1-31 * 1'])('%j, which two programs take for two things, is refused', (text) => {
    expect(() => utc(text)).toThrow(/as the day of the month or as the day of the week, since programs disagree/);
  });

  test('a time zone that does not exist is refused', () => {
    expect(() => parseSchedule('0 2 * * *', 'Europe/Atlantis')).toThrow(
      new UsageError('should be a time zone such as Europe/Berlin, got "Europe/Atlantis"'),
    );
  });
});

describe('what is taken means the same to both programs', () => {
  const numbers = (least: number, most: number) => fc.integer({ min: least, max: most }).map(String);
  const item = (value: fc.Arbitrary<string>, least: number, most: number) =>
    fc.oneof(
      value,
      fc.tuple(value, value).map((ends) => ends.join('-')),
      fc.tuple(fc.constant('*'), numbers(1, most)).map((parts) => parts.join('/')),
      fc.tuple(numbers(least, most), numbers(least, most), numbers(1, 9)).map(([from, to, step]) => `${from}-${to}/${step}`),
    );
  const list = (value: fc.Arbitrary<string>, least: number, most: number) =>
    fc.oneof(
      { weight: 2, arbitrary: fc.constant('*') },
      { weight: 3, arbitrary: fc.array(item(value, least, most), { minLength: 1, maxLength: 3 }).map((items) => items.join(',')) },
    );
  const month = fc.oneof(numbers(0, 13), fc.constantFrom('jan', 'FEB', 'Jun', 'dec'));
  const weekday = fc.oneof(numbers(0, 8), fc.constantFrom('sun', 'MON', 'Sat'));
  const last = fc.oneof(numbers(0, 32), fc.constant('L'));
  const special = fc.tuple(numbers(0, 7), fc.constantFrom('L', '#1', '#3', '#5')).map((parts) => parts.join(''));
  const day = fc.oneof(
    fc.tuple(list(last, 0, 32), fc.constant('*')),
    fc.tuple(fc.constant('*'), fc.oneof(list(weekday, 0, 8), special)),
    fc.tuple(list(last, 0, 32), list(weekday, 0, 8)),
  );
  const expression = fc
    .tuple(list(numbers(0, 60), 0, 60), list(numbers(0, 24), 0, 24), day, list(month, 0, 13))
    .map(([minute, hour, [dayOfMonth, dayOfWeek], months]) => `${minute} ${hour} ${dayOfMonth} ${months} ${dayOfWeek}`);

  const taken = (text: string) => {
    try {
      return utc(text);
    } catch (error) {
      if (error instanceof UsageError) return undefined;
      throw error;
    }
  };

  test('both take it, and name the same moments', () => {
    let compared = 0;
    fc.assert(
      fc.property(expression, fc.integer({ min: 0, max: 3_000 }), (text, days) => {
        const schedule = taken(text);
        fc.pre(schedule !== undefined);
        const after = new Date(Date.UTC(2026, 0, 1) + days * 86_400_000 + 12_345);
        expect(validate(schedule.text)).toBe(true);
        const parsed = CronExpressionParser.parse(schedule.text, { currentDate: after, tz: 'UTC' });
        const expected = parsed.take(4).map((date) => iso(date.toDate()));
        expect(following(schedule, after.toISOString(), 4)).toEqual(expected);
        expect(firedByNodeCron(schedule, after.toISOString(), 4)).toEqual(expected);
        compared++;
      }),
      { numRuns: 150 },
    );
    expect(compared).toBe(150);
  });

  test('whatever else is typed is refused as wrong usage', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect([undefined, 5]).toContain(taken(text)?.text.split(' ').length);
      }),
    );
  });
});

describe('when it is due', () => {
  test('a moment that is due is the previous one at that moment, and the next one before it', () => {
    const schedule = utc('0 2 * * *');
    expect(iso(previousDue(schedule, new Date('2026-11-22T02:00:00.000Z')))).toBe('2026-11-22T02:00Z');
    expect(iso(previousDue(schedule, new Date('2026-11-22T01:59:59.999Z')))).toBe('2026-11-21T02:00Z');
    expect(iso(nextDue(schedule, new Date('2026-11-22T01:59:59.999Z')))).toBe('2026-11-22T02:00Z');
    expect(iso(nextDue(schedule, new Date('2026-11-22T02:00:00.000Z')))).toBe('2026-11-23T02:00Z');
  });

  test.each([
    ['UTC', '2026-11-22T02:00Z'],
    ['Asia/Tokyo', '2026-11-21T17:00Z'],
    ['Europe/Berlin', '2026-11-22T01:00Z'],
    ['America/St_Johns', '2026-11-22T05:30Z'],
    ['Pacific/Kiritimati', '2026-11-21T12:00Z'],
  ])('two o’clock in %s is %s', (timezone, moment) => {
    expect(iso(previousDue(parseSchedule('0 2 * * *', timezone), new Date('2026-11-22T06:00:00Z')))).toBe(moment);
  });

  test('ends of months and leap days', () => {
    expect(following(utc('0 2 31 * *'), '2026-01-31T02:00Z', 3)).toEqual(['2026-03-31T02:00Z', '2026-05-31T02:00Z', '2026-07-31T02:00Z']);
    expect(following(utc('0 2 L * *'), '2028-01-31T02:00Z', 3)).toEqual(['2028-02-29T02:00Z', '2028-03-31T02:00Z', '2028-04-30T02:00Z']);
    expect(following(utc('0 2 29 2 *'), '2026-01-01T00:00Z', 2)).toEqual(['2028-02-29T02:00Z', '2032-02-29T02:00Z']);
    expect(iso(previousDue(utc('0 2 29 2 *'), new Date('2026-11-22T00:00:00Z')))).toBe('2024-02-29T02:00Z');
    expect(following(utc('0 2 29 2 *'), '2096-03-01T00:00Z', 1)).toEqual(['2104-02-29T02:00Z']);
    // The 1st of a month is still the last of the one before in Tokyo's UTC.
    expect(following(parseSchedule('0 2 1 * *', 'Asia/Tokyo'), '2026-02-01T00:00Z', 2)).toEqual(['2026-02-28T17:00Z', '2026-03-31T17:00Z']);
  });

  test('Tokyo, which puts no clock forward, has the same hour all the year round', () => {
    const moments = following(parseSchedule('30 2 * * *', 'Asia/Tokyo'), '2026-01-01T00:00Z', 365);
    expect(new Set(moments.map((moment) => moment.slice(10)))).toEqual(new Set(['T17:30Z']));
  });
});

describe('the spring night in Berlin, in which there is no time from 2:00 to 3:00', () => {
  test('what is due within it is due when the clock jumps', () => {
    expect(following(berlin('30 2 * * *'), '2026-03-27T12:00Z', 4)).toEqual([
      '2026-03-28T01:30Z',
      '2026-03-29T01:00Z',
      '2026-03-30T00:30Z',
      '2026-03-31T00:30Z',
    ]);
    expect(iso(previousDue(berlin('30 2 * * *'), new Date('2026-03-29T01:00:00Z')))).toBe('2026-03-29T01:00Z');
    expect(iso(previousDue(berlin('30 2 * * *'), new Date('2026-03-29T00:59:59Z')))).toBe('2026-03-28T01:30Z');
  });

  test('what is due beside it is not moved', () => {
    expect(following(berlin('59 1 * * *'), '2026-03-29T00:00Z', 1)).toEqual(['2026-03-29T00:59Z']);
    expect(following(berlin('0 3 * * *'), '2026-03-29T00:00Z', 1)).toEqual(['2026-03-29T01:00Z']);
    expect(following(berlin('30 * * * *'), '2026-03-29T00:00Z', 3)).toEqual([
      '2026-03-29T00:30Z',
      '2026-03-29T01:30Z',
      '2026-03-29T02:30Z',
    ]);
  });

  test('node-cron does not fire, and the run is caught up once', () => {
    const schedule = berlin('30 2 * * *');
    expect(firedByNodeCron(schedule, '2026-03-28T12:00:00Z', 1)).toEqual(['2026-03-30T00:30Z']);
    const lastSuccess = new Date('2026-03-28T01:30:00.250Z');
    const grace = 10 * MINUTE;
    expect(isMissed({ schedule, lastSuccess, now: new Date('2026-03-29T01:09:59Z'), grace })).toBe(false);
    expect(isMissed({ schedule, lastSuccess, now: new Date('2026-03-29T01:10:00Z'), grace })).toBe(true);
    expect(isMissed({ schedule, lastSuccess: new Date('2026-03-29T01:10:01Z'), now: new Date('2026-03-29T23:00:00Z'), grace })).toBe(false);
  });

  test('a clock that jumps at midnight', () => {
    const schedule = parseSchedule('0 0 * * *', 'America/Santiago');
    expect(following(schedule, '2026-09-05T12:00Z', 2)).toEqual(['2026-09-06T04:00Z', '2026-09-07T03:00Z']);
  });
});

describe('the autumn night in Berlin, in which there is twice the time from 2:00 to 3:00', () => {
  test('what is due within it is due once', () => {
    const schedule = berlin('30 2 * * *');
    expect(following(schedule, '2026-10-24T12:00Z', 2)).toEqual(['2026-10-25T00:30Z', '2026-10-26T01:30Z']);
    for (const moment of ['00:30', '00:59', '01:00', '01:30', '01:59', '02:00']) {
      expect(iso(previousDue(schedule, new Date(`2026-10-25T${moment}:00Z`)))).toBe('2026-10-25T00:30Z');
      expect(iso(nextDue(schedule, new Date(`2026-10-25T${moment}:00Z`)))).toBe('2026-10-26T01:30Z');
    }
  });

  test('every hour that passes has its run', () => {
    expect(following(berlin('30 * * * *'), '2026-10-24T23:00Z', 5)).toEqual([
      '2026-10-24T23:30Z',
      '2026-10-25T00:30Z',
      '2026-10-25T01:30Z',
      '2026-10-25T02:30Z',
      '2026-10-25T03:30Z',
    ]);
  });

  // node-cron takes the second reading east of Greenwich, the first one west of it.
  test.each([
    ['Europe/Berlin', '30 2 * * *', '2026-10-24T12:00:00Z', '2026-10-25T01:30Z'],
    ['America/New_York', '30 1 * * *', '2026-10-31T12:00:00Z', '2026-11-01T05:30Z'],
  ])('in %s, no run is made beside the one of node-cron', (timezone, text, before, fires) => {
    const schedule = parseSchedule(text, timezone);
    expect(firedByNodeCron(schedule, before, 1)).toEqual([fires]);
    const yesterday = previousDue(schedule, new Date(before));
    const firing = new Date(fires);
    const missed: string[] = [];
    for (let at = Date.parse(before); at < Date.parse(before) + 86_400_000; at += MINUTE) {
      const now = new Date(at);
      const lastSuccess = now >= firing ? firing : yesterday;
      if (isMissed({ schedule, lastSuccess, now, grace: 5 * MINUTE })) missed.push(iso(now));
    }
    expect(missed).toEqual([]);
  });

  test('when neither reading had its run, it is caught up', () => {
    const schedule = berlin('30 2 * * *');
    const lastSuccess = new Date('2026-10-24T00:30:00Z');
    expect(isMissed({ schedule, lastSuccess, now: new Date('2026-10-25T01:34:59Z'), grace: 5 * MINUTE })).toBe(false);
    expect(isMissed({ schedule, lastSuccess, now: new Date('2026-10-25T01:35:00Z'), grace: 5 * MINUTE })).toBe(true);
  });
});

describe('what was missed', () => {
  const schedule = utc('0 2 * * *');
  const grace = 15 * MINUTE;
  test.each([
    ['the last run is the one that was due', '2026-11-22T02:00:00.150Z', '2026-11-22T12:00:00Z', false],
    ['the run of tonight is within its grace', '2026-11-21T02:00:00.150Z', '2026-11-22T02:14:59Z', false],
    ['the run of tonight did not come', '2026-11-21T02:00:00.150Z', '2026-11-22T02:15:00Z', true],
    ['a run by hand before it is none of its own', '2026-11-22T01:30:00.000Z', '2026-11-22T02:15:00Z', true],
    ['a run by hand after it is as good', '2026-11-22T02:05:00.000Z', '2026-11-22T02:15:00Z', false],
    ['the container was down for a month', '2026-10-22T02:00:00.000Z', '2026-11-22T12:00:00Z', true],
    ['there never was a run', undefined, '2026-11-22T12:00:00Z', true],
  ])('%s', (_, last, now, missed) => {
    const lastSuccess = last === undefined ? undefined : new Date(last);
    expect(isMissed({ schedule, lastSuccess, now: new Date(now), grace })).toBe(missed);
  });
});

test('going back and going forward name the same moments, in every zone and through every change of the clock', () => {
  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'America/Santiago',
    'Antarctica/Troll',
    'Africa/Casablanca',
  ];
  const texts = ['30 2 * * *', '*/20 * * * *', '15 */2 * * *', '0 0 * * *', '5,45 0-4 * * *', '0 2 L * *'];
  const changes = [
    '2026-03-29T01:00Z',
    '2026-10-25T01:00Z',
    '2026-11-01T06:00Z',
    '2026-09-06T04:00Z',
    '2026-04-04T15:00Z',
    '2026-06-01T00:00Z',
  ];
  const around = fc.tuple(fc.constantFrom(...changes), fc.integer({ min: -300, max: 300 }));
  fc.assert(
    fc.property(fc.constantFrom(...zones), fc.constantFrom(...texts), around, (timezone, text, [change, minutes]) => {
      const schedule = parseSchedule(text, timezone);
      const now = new Date(Date.parse(change.replace('Z', ':00Z')) + minutes * MINUTE);
      const previous = previousDue(schedule, now);
      const next = nextDue(schedule, now);
      expect(previous <= now && now < next).toBe(true);
      expect(nextDue(schedule, previous)).toEqual(next);
      expect(nextDue(schedule, new Date(previous.getTime() - 1))).toEqual(previous);
      expect(previousDue(schedule, next)).toEqual(next);
      expect(previousDue(schedule, new Date(next.getTime() - 1))).toEqual(previous);
    }),
    { numRuns: 300 },
  );
});
