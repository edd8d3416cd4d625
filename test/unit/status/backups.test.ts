import { describe, expect, test } from 'vitest';
import { reportOf } from '../../../scripts/lib/backup/daemon/report.js';
import { type BackupStatus, backupLines, backupProblems } from '../../../scripts/lib/status/backups.js';
import { facts, failure, plan, stateOf, success } from '../backup/daemon-states.js';

const now = new Date('2026-11-22T12:00:00Z');
const drilled = { drill: { success: success('2026-11-22T04:00:10.000Z', { restored: true, seconds: 7.5 }) } };
const known = facts('2026-11-22T02:00:00.000Z', { sets: 3 });
const lines = (status: BackupStatus | undefined) => backupLines(status, now.getTime(), (style, text) => `<${style}>${text}`);
const of = (state: Parameters<typeof reportOf>[0], rest = {}): BackupStatus => ({ report: reportOf(state, { ...plan, ...rest }, now) });

describe('the line about backups', () => {
  test('says how old the newest is, when a drill restored one, and when the next begins', () => {
    expect(lines(of(stateOf({ facts: known }, drilled)))).toEqual([
      'backups: newest 20261122_020000, 10 h 0 min ago, 110 B; last drill 7 h 59 min ago, in 7.5 s; 3 in all; next in 14 h 0 min',
    ]);
  });

  test('says what a fresh stack lacks', () => {
    const off = { schedules: { ...plan.schedules, backup: undefined } };
    expect(lines(of(stateOf(), off))).toEqual(['backups: no backup yet; none is scheduled']);
  });

  test('says that one is being made, and which store is away', () => {
    const running = { since: '2026-11-22T11:59:00.000Z', process: '7@1', by: 'daemon' } as const;
    const stores = [{ name: 'local' }, { name: 's3://b', problem: 'it does not answer' }];
    expect(lines(of(stateOf({ facts: { ...known, stores } }, { backup: { running } })))).toEqual([
      expect.stringContaining('never drilled; 3 in all; one is being made since 1 min 00 s; next in'),
      '<yellow>  s3://b: it does not answer',
    ]);
  });

  test('says why nothing is known; nothing where there is no base', () => {
    expect(lines({ problem: 'the cron container is exited' })).toEqual(['<yellow>backups: the cron container is exited']);
    expect(lines(undefined)).toEqual([]);
  });
});

test('what is wrong with backups is among the problems', () => {
  const failed = { failure: failure('2026-11-22T05:00:00.000Z') };
  expect(backupProblems(of(stateOf({ facts: known }, { ...drilled, backup: failed })))).toEqual([
    'backups: the last backup failed: s3://bucket: it is full',
  ]);
  expect(backupProblems({ problem: 'the cron container is exited' })).toEqual([]);
});
