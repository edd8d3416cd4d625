import { expect, test } from 'vitest';
import { historyOf } from '../../../scripts/lib/history/history.js';
import { ago, DAY, HOUR, now, open, refused, rolledBack, wentLive } from './journals.js';

const records = [
  ...wentLive(1, { ago: 9 * DAY }),
  ...wentLive(2, { ago: 8 * DAY }),
  ...refused(3, { ago: 7 * DAY }),
  ...rolledBack(4, 1, { ago: 6 * DAY }),
];

test('tells the last operations, and the figures of all that lie in the window', () => {
  const history = historyOf(records, undefined, { last: 2, windowMs: 30 * DAY }, now);
  expect(history.operations.map(({ token }) => token)).toEqual([4, 3]);
  expect(history).toMatchObject({ running: null, total: 4, dora: { deployments: 2, refused: 1, rollbacks: 1, changeFailureRate: 0.5 } });
});

test('a window changes no list, and a list no figure', () => {
  const of = (last: number, windowMs: number) => historyOf(records, undefined, { last, windowMs }, now);
  expect(of(9, 7.5 * DAY).operations).toEqual(of(9, 30 * DAY).operations);
  expect(of(1, 8.5 * DAY).dora).toEqual(of(9, 8.5 * DAY).dora);
  expect(of(9, 8.5 * DAY).dora.deployments).toBe(1);
});

test('tells what runs', () => {
  const running = { command: 'deploy v5', by: 'ada@laptop', since: ago(HOUR + 400) };
  const history = historyOf([...records, ...open(5, { ago: HOUR })], running, { last: 1, windowMs: DAY }, now);
  expect(history).toMatchObject({ running, operations: [{ token: 5, outcome: 'running' }] });
});

test('of a stack without a journal there is nothing to tell, as JSON as well', () => {
  const history = historyOf([], undefined, { last: 20, windowMs: 30 * DAY }, now);
  expect(history).toMatchObject({ total: 0, operations: [], dora: { deployments: 0, rollbackRate: null } });
  expect(JSON.parse(JSON.stringify(history))).toEqual(history);
});
