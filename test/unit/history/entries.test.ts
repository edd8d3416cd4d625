import { describe, expect, test } from 'vitest';
import { entriesOf } from '../../../scripts/lib/history/entries.js';
import { ago, DAY, entries, HOUR, MINUTE, open, refused, restored, rolledBack, takenBack, wentLive } from './journals.js';

const holder = (since: string) => ({ command: 'deploy v2', by: 'ada@laptop', since });

test('a deploy is told with who, when, how long, how it ended, its commit and when it was live', () => {
  expect(entries(wentLive(1, { ago: DAY, committed: '2026-05-30T10:00:00+02:00' }))).toEqual([
    {
      token: 1,
      command: 'deploy',
      version: 'v1',
      colour: 'blue',
      release: 'r1',
      revision: 'c0ffee',
      committed: '2026-05-30T10:00:00+02:00',
      by: 'ada@laptop',
      at: ago(DAY),
      ms: 61_500,
      outcome: 'done',
      reason: null,
      step: null,
      cut: ago(DAY - MINUTE),
      undone: false,
      live: ago(DAY - MINUTE),
    },
  ]);
});

test('what is not known is null and never left out, so that a program finds every key', () => {
  const [restore] = entries(restored(1, { ago: DAY }));
  expect(restore).toMatchObject({ command: 'restore', colour: null, release: null, by: null, committed: null, revision: null, live: null });
  expect(JSON.parse(JSON.stringify(restore))).toEqual(restore);
});

test('the newest stands first', () => {
  const all = entries(wentLive(1, { ago: 3 * DAY }), wentLive(2, { ago: 2 * DAY }), rolledBack(3, 1, { ago: DAY }));
  expect(all.map(({ token, command, release }) => [token, command, release])).toEqual([
    [3, 'rollback', 'r1'],
    [2, 'deploy', 'r2'],
    [1, 'deploy', 'r1'],
  ]);
});

test('a refused deploy has its reason, and neither a cut nor a time when it was live', () => {
  expect(entries(refused(1, { ago: DAY }))).toMatchObject([
    { outcome: 'failed', reason: 'backend is unhealthy', step: 'check', cut: null, undone: true, live: null },
  ]);
});

test('a deploy that took its traffic back is not live, even when its release was recorded just before', () => {
  const [began, cut, undo, ended] = takenBack(1, { ago: DAY });
  const release = wentLive(1, { ago: DAY })[2];
  const records = [began, cut, release, undo, ended].filter((record) => record !== undefined);
  expect(entriesOf(records, undefined)).toMatchObject([{ cut: ago(DAY - MINUTE), undone: true, live: null }]);
});

describe('an operation without an end', () => {
  test('was cut off, when nobody holds the lock', () => {
    expect(entries(open(1, { ago: HOUR }))).toMatchObject([{ outcome: 'cut off', step: 'healthy', ms: null }]);
  });

  test('runs, when the lock was taken just before it began', () => {
    expect(entriesOf(open(1, { ago: HOUR }), holder(ago(HOUR + 400)))).toMatchObject([{ outcome: 'running' }]);
    expect(entriesOf(open(1, { ago: HOUR }), holder('unknown'))).toMatchObject([{ outcome: 'running' }]);
  });

  test('was cut off, when the lock was taken after it: what holds the lock has written nothing yet', () => {
    expect(entriesOf(open(1, { ago: HOUR }), holder(ago(MINUTE)))).toMatchObject([{ outcome: 'cut off' }]);
  });

  test('was cut off, when another one began after it', () => {
    const records = [...open(1, { ago: DAY }), ...open(2, { ago: HOUR })];
    expect(entriesOf(records, holder(ago(HOUR + 400))).map(({ outcome }) => outcome)).toEqual(['running', 'cut off']);
  });
});
