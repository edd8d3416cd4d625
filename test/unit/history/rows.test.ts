import { expect, test } from 'vitest';
import type { Session } from '../../../scripts/lib/deploy/sessions.js';
import { historyOf } from '../../../scripts/lib/history/history.js';
import { screen } from '../../../scripts/lib/history/screen.js';
import { ago, DAY, HOUR, now, wentLive } from './journals.js';

const session = (told: number, rest: Partial<Session> = {}): Session => ({
  id: `at-${told}`,
  command: 'exec',
  service: 'backend',
  colour: 'blue',
  replica: 2,
  container: 'shop-blue-backend-2',
  program: 'node',
  database: null,
  role: null,
  by: 'ada@laptop',
  at: ago(told),
  ms: 61_500,
  exitCode: 0,
  ...rest,
});
const psql = (told: number, rest: Partial<Session> = {}) =>
  session(told, {
    command: 'psql',
    service: 'postgres',
    colour: null,
    replica: 1,
    program: 'psql',
    database: 'app',
    role: 'postgres',
    ...rest,
  });
const records = [...wentLive(1, { ago: 9 * DAY }), ...wentLive(2, { ago: 2 * DAY })];
const history = (sessions: readonly Session[], last = 20) => ({
  stack: 'shop',
  ...historyOf(records, undefined, { last, windowMs: 30 * DAY }, now, sessions),
});
const rows = (...given: Parameters<typeof history>) =>
  screen(history(...given), 160, (_, text) => text)
    .slice(1)
    .filter((line) => /^\d{4}-/.test(line))
    .map((line) => line.split(/ {2,}/));

test('sessions stand between the operations, as what they are: where, as whom, how they ended', () => {
  expect(rows([session(HOUR, { exitCode: 7 }), psql(3 * DAY), session(10 * DAY, { exitCode: null, ms: null })])).toEqual([
    ['2026-05-31 11:00', 'exec', '-', 'blue', 'ada@laptop', '1 min 02 s', 'node in backend-2: exit code 7'],
    ['2026-05-29 12:00', 'deploy', 'v2', 'green', 'ada@laptop', '1 min 02 s', 'done'],
    ['2026-05-28 12:00', 'psql', '-', '-', 'ada@laptop', '1 min 02 s', 'app as postgres: exit code 0'],
    ['2026-05-22 12:00', 'deploy', 'v1', 'blue', 'ada@laptop', '1 min 02 s', 'done'],
    ['2026-05-21 12:00', 'exec', '-', 'blue', 'ada@laptop', '-', 'node in backend-2: not ended'],
  ]);
});

test('however many sessions there are, no operation is pushed out, and there are as many of them at most', () => {
  const many = Array.from({ length: 50 }, (_, index) => session((index + 1) * HOUR));
  expect(rows(many, 2).filter(([, command]) => command === 'deploy')).toHaveLength(2);
  expect(rows(many, 2).filter(([, command]) => command === 'exec')).toHaveLength(2);
});

test('sessions that are older than the oldest operation shown are left out while there are older operations', () => {
  expect(rows([psql(3 * DAY)], 1).map(([, command]) => command)).toEqual(['deploy']);
});

test('no figure knows of them, and they count as no operation', () => {
  expect(history([session(HOUR), psql(2 * HOUR)])).toMatchObject({ total: 2, dora: history([]).dora });
});

test('a name that somebody made up does not move a terminal’s cursor', () => {
  expect(rows([session(HOUR, { program: 'sh\x1b[2J' })])[0]?.at(-1)).toBe('sh [2J in backend-2: exit code 0');
});
