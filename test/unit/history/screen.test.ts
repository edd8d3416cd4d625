import { describe, expect, test } from 'vitest';
import type { JournalRecord } from '../../../scripts/lib/deploy/journal.js';
import { historyOf } from '../../../scripts/lib/history/history.js';
import { screen } from '../../../scripts/lib/history/screen.js';
import { ago, DAY, HOUR, MINUTE, now, open, refused, restored, rolledBack, takenBack, wentLive } from './journals.js';

type Paint = Parameters<typeof screen>[2];

const of = (operations: JournalRecord[][], last = 20) => ({
  stack: 'shop',
  ...historyOf(operations.flat(), undefined, { last, windowMs: 30 * DAY }, now),
});
const plain = (operations: JournalRecord[][], { last = 20, width = 120, paint = ((_, text) => text) as Paint } = {}) =>
  screen(of(operations, last), width, paint);
/** @returns the cells of the table's rows, without the headings */
const rows = (operations: JournalRecord[][]) =>
  plain(operations)
    .slice(1, 1 + operations.length)
    .map((line) => line.split(/ {2,}/));
/** @returns what stands beside a figure's name */
const figure = (operations: JournalRecord[][], name: string) =>
  plain(operations)
    .find((line) => line.startsWith(`  ${name}  `))
    ?.slice(2 + name.length)
    .trim();

const busy = [
  wentLive(1, { ago: 9 * DAY, committed: ago(9 * DAY + 2 * HOUR - MINUTE) }),
  restored(2, { ago: 8 * DAY }),
  refused(3, { ago: 7 * DAY }),
  wentLive(4, { ago: 6 * DAY, committed: ago(6 * DAY + 4 * HOUR - MINUTE) }),
  rolledBack(5, 1, { ago: 6 * DAY - 4 * MINUTE }),
  open(6, { ago: HOUR }),
];

describe('the table', () => {
  test('has a row for each operation, the newest first: when, what, who, how long, how it ended', () => {
    expect(rows(busy)).toEqual([
      ['2026-05-31 11:00', 'deploy', 'v6', 'green', 'ada@laptop', '-', 'cut off at "healthy"'],
      ['2026-05-25 12:04', 'rollback', 'v5', 'blue', 'ada@laptop', '1 min 02 s', 'done'],
      ['2026-05-25 12:00', 'deploy', 'v4', 'green', 'ada@laptop', '1 min 02 s', 'done'],
      ['2026-05-24 12:00', 'deploy', 'v3', 'blue', 'ada@laptop', '1 min 02 s', 'failed: backend is unhealthy'],
      ['2026-05-23 12:00', 'restore', '20260501_020000', '-', '-', '1 min 02 s', 'done'],
      ['2026-05-22 12:00', 'deploy', 'v1', 'blue', 'ada@laptop', '1 min 02 s', 'done'],
    ]);
  });

  test('an operation about no version has a dash there', () => {
    const stop: JournalRecord = { kind: 'began', token: 1, at: ago(DAY), command: 'stop', version: '', by: 'ada@laptop' };
    expect(rows([[stop]])).toEqual([['2026-05-30 12:00', 'stop', '-', '-', 'ada@laptop', '-', 'cut off']]);
  });

  test('columns stand below their headings', () => {
    const [heading = '', ...lines] = plain(busy).slice(0, 7);
    for (const title of ['WHEN (UTC)', 'COMMAND', 'VERSION', 'COLOUR', 'BY', 'TOOK', 'OUTCOME']) {
      const column = heading.indexOf(title);
      expect(column, title).toBeGreaterThanOrEqual(0);
      for (const line of lines) expect(line[column], line).toMatch(/\S/);
      for (const line of lines) expect(line[column - 1] ?? ' ', line).toBe(' ');
    }
  });

  test('a reason is its first line, without what would move a terminal’s cursor', () => {
    const [line = ''] = plain([refused(1, { ago: DAY }, '\u001b[31mno\tdisk\u001b[0m left\nat line 3')]).slice(1);
    expect(line).toMatch(/ {2}failed: \[31mno disk \[0m left$/);
  });

  test('a reason is cut to the terminal’s width, and never to nothing', () => {
    const long = [refused(1, { ago: DAY }, 'x'.repeat(500))];
    const [line = ''] = plain(long, { width: 100 }).slice(1);
    expect(line).toHaveLength(100);
    expect(line).toMatch(/failed: x+…$/);
    expect(plain(long, { width: 20 })[1]).toMatch(/ {2}failed: x{21}…$/);
  });

  test('an operation that was stopped by hand, or that runs, is told in a word', () => {
    expect(rows([takenBack(1, { ago: DAY }, 'interrupted')])[0]?.at(-1)).toBe('interrupted');
    const running = historyOf(open(1, { ago: HOUR }), { command: 'deploy', by: 'me', since: 'unknown' }, { last: 1, windowMs: DAY }, now);
    expect(screen({ stack: 'shop', ...running }, 120, (_, text) => text)[1]).toMatch(/ {2}running at "healthy"$/);
  });

  test('says how many older ones there are, and how to see them', () => {
    expect(plain(busy, { last: 2 })[3]).toBe('4 older: --last 6');
    expect(plain(busy).join('\n')).not.toContain('older');
  });

  test('of an empty journal is a sentence', () => {
    expect(plain([])[0]).toBe('no operation yet');
  });
});

describe('the figures', () => {
  test('stand below the table, with what they are made of', () => {
    const lines = plain(busy);
    expect(lines.slice(lines.indexOf('') + 1)).toEqual([
      'delivery since 2026-05-22 12:00 UTC',
      '  deployment frequency       0.22 a day, 1.56 a week (deploys: 2)',
      '  lead time, commit to live  median 3 h 0 min, p90 4 h 0 min',
      '  change failure rate        50 % (reached users: 2, rolled back: 1, taken back by the deploy itself: 0)',
      '  time to restore            median 4 min 00 s',
      '  rollback rate              50 % (rollbacks: 1, deploys: 2)',
      '  refused before the cut     1 (no user met them)',
    ]);
  });

  test('without data say so, and never 0 or NaN', () => {
    const names = ['deployment frequency', 'lead time, commit to live', 'change failure rate', 'time to restore', 'rollback rate'];
    for (const name of names) expect(figure([], name), name).toBe('no data');
    expect(figure([], 'refused before the cut')).toBe('none');
    expect(plain([]).join('\n')).not.toMatch(/NaN|undefined|null|Infinity/);
  });

  test('a lead time of some of the deploys says of how many', () => {
    const some = [wentLive(1, { ago: 2 * DAY, committed: ago(2 * DAY + HOUR - MINUTE) }), wentLive(2, { ago: DAY })];
    expect(figure(some, 'lead time, commit to live')).toBe('median 1 h 0 min, p90 1 h 0 min (the commit is known of 1 of 2 deploys)');
  });

  test('of no deploy at all in a busy journal are 0 a day, which is known', () => {
    expect(figure([restored(1, { ago: 3 * DAY })], 'deployment frequency')).toBe('0 a day, 0 a week (deploys: 0)');
  });
});

test('colours of the terminal tell how an operation ended, and change no word', () => {
  const styled: [string, string][] = [];
  const paint: Paint = (style, text) => {
    styled.push([style, text]);
    return text;
  };
  expect(plain(busy, { paint })).toEqual(plain(busy));
  expect(styled).toContainEqual(['green', 'done']);
  expect(styled).toContainEqual(['red', 'failed: backend is unhealthy']);
  expect(styled).toContainEqual(['yellow', 'cut off at "healthy"']);
});
