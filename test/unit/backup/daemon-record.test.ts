import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { kindOf } from '../../../scripts/lib/backup/daemon/failure.js';
import type { By } from '../../../scripts/lib/backup/daemon/jobs.js';
import { afterRestart, attempted, begun } from '../../../scripts/lib/backup/daemon/outcome.js';
import { isAlive, processId } from '../../../scripts/lib/backup/daemon/process-id.js';
import { makeQueue } from '../../../scripts/lib/backup/daemon/queue.js';
import { type Recorder, type Recording, recorded } from '../../../scripts/lib/backup/daemon/recorded.js';
import { emptyState, type State, withJob } from '../../../scripts/lib/backup/daemon/state.js';
import { changeState, isDamaged, readState, stateFile } from '../../../scripts/lib/backup/daemon/state-file.js';
import { PostgresError } from '../../../scripts/lib/backup/kinds/postgres-client.js';
import { RedisError } from '../../../scripts/lib/backup/kinds/redis.js';
import type { RunEvent } from '../../../scripts/lib/backup/run/event.js';
import { BusyError } from '../../../scripts/lib/backup/run/lock.js';
import { StoreError } from '../../../scripts/lib/backup/store/errors.js';
import { masker } from '../../../scripts/lib/config/masker.js';
import { Secret } from '../../../scripts/lib/config/secret.js';
import { SlipwayError, UsageError } from '../../../scripts/lib/errors.js';
import { failure, stateOf } from './daemon-states.js';

const scratch = mkdtempSync(join(tmpdir(), 'slipway-state-'));
const file = stateFile(scratch);
afterAll(() => rmSync(scratch, { recursive: true }));
beforeEach(() => rmSync(file, { force: true }));

const counted = (state: State) => withJob(state, 'backup', (job) => ({ ...job, failures: { other: (job.failures.other ?? 0) + 1 } }));

describe('the state file', () => {
  test('holds every one of many changes at once, and nothing is left beside it', async () => {
    await Promise.all(Array.from({ length: 50 }, () => changeState(file, counted)));
    expect(readState(file).jobs.backup.failures).toEqual({ other: 50 });
    expect(readdirSync(scratch)).toEqual(['state.json']);
  });

  test('a lock that a killed process has left is taken over', async () => {
    mkdirSync(`${file}.lock`);
    const longAgo = Date.now() / 1_000 - 60;
    utimesSync(`${file}.lock`, longAgo, longAgo);
    await changeState(file, counted);
    expect(readState(file).jobs.backup.failures).toEqual({ other: 1 });
  });

  test.each(['', '{', '{"format":2}', '[]'])('that cannot be understood (%j) is as good as none, and known to be damaged', (text) => {
    writeFileSync(file, text);
    expect(readState(file)).toEqual(emptyState());
    expect(isDamaged(file)).toBe(true);
  });

  test('that was never written is not damaged', () => {
    expect(readState(file)).toEqual(emptyState());
    expect(isDamaged(file)).toBe(false);
  });

  test('cannot be written where there is no folder: the error says which file', async () => {
    await expect(changeState(join(scratch, 'gone', 'state.json'), counted)).rejects.toThrow(/cannot be written to .*gone.*ENOENT/);
  });
});

describe('how work ends is remembered', () => {
  const said: RunEvent[] = [];
  const recorder: Recorder = {
    scratch,
    now: () => new Date('2026-11-22T02:00:00Z'),
    tell: (event) => void said.push(event),
    signal: new AbortController().signal,
    mask: masker({ KEY: new Secret('hunter2hunter2') }),
  };
  const recording = (by: By, whole = true): Recording<string> => ({
    job: 'drill',
    asker: { by },
    whole,
    success: (set) => ({ seconds: 3, set }),
  });
  const failing = (error: unknown, by: By = 'command', whole = true) =>
    expect(recorded(recorder, recording(by, whole), () => Promise.reject(error))).rejects.toBe(error);

  test('while it goes on it is noted with its process, afterwards with its result', async () => {
    await recorded(recorder, recording('command'), async () => {
      const { running } = readState(file).jobs.drill;
      expect(running).toEqual({ since: '2026-11-22T02:00:00.000Z', process: processId(process.pid), by: 'command' });
      expect(isAlive(running?.process ?? '')).toBe(true);
      return '20261122_020000';
    });
    const moment = '2026-11-22T02:00:00.000Z';
    expect(readState(file).jobs.drill).toEqual({
      success: { began: moment, ended: moment, seconds: 3, set: '20261122_020000' },
      failures: {},
    });
  });

  test('a failure is counted by what it was about, and says no secret', async () => {
    await failing(new StoreError('s3://b: refused hunter2hunter2', { details: ['key=hunter2hunter2'] }));
    expect(readState(file).jobs.drill).toMatchObject({
      failure: { kind: 'store', message: `s3://b: refused \${KEY}`, details: [`key=\${KEY}`], by: 'command' },
      failures: { store: 1 },
    });
    expect(readState(file).jobs.drill.running).toBeUndefined();
  });

  test('what fails of one kind only is counted, and says nothing of the whole', async () => {
    await failing(new RedisError('redis: gone'), 'command', false);
    expect(readState(file).jobs.drill).toEqual({ failures: { drill: 1 } });
  });

  test('an interrupted, refused or mistyped command is no failure', async () => {
    await failing(new SlipwayError('interrupted', { exitCode: 130 }));
    await failing(new BusyError(undefined));
    await failing(new UsageError('no such set'));
    expect(readState(file).jobs.drill).toEqual({ failures: {} });
    await failing(new UsageError('no such set'), 'daemon');
    expect(readState(file).jobs.drill.failures).toEqual({ drill: 1 });
  });

  test('whatever is thrown while the container stops is no failure', async () => {
    const signal = AbortSignal.abort(new SlipwayError('interrupted', { exitCode: 130 }));
    const error = new StoreError('broken off');
    await expect(recorded({ ...recorder, signal }, recording('daemon'), () => Promise.reject(error))).rejects.toBe(error);
    expect(readState(file).jobs.drill).toEqual({ failures: {} });
  });

  test('a run that is busy does not hide the one that runs', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const running = { since: '2026-11-22T01:00:00.000Z', process: processId(child.pid ?? 0) ?? '', by: 'daemon' } as const;
    await changeState(file, (state) => begun(state, 'drill', running));
    await failing(new BusyError('01:00'));
    expect(readState(file).jobs.drill.running).toEqual(running);
    child.kill();
    await once(child, 'close');
    expect(isAlive(running.process)).toBe(false);
  });

  test('where it cannot be written down, a warning says so, and the work stands', async () => {
    const elsewhere = { ...recorder, scratch: join(scratch, 'gone') };
    expect(await recorded(elsewhere, recording('command'), async () => 'made')).toBe('made');
    expect(said).toContainEqual({ event: 'warning', text: expect.stringContaining('cannot be written') });
  });
});

describe('what a failure is about', () => {
  const cause = (error: Error) => new SlipwayError('postgres app: it failed', { cause: error });
  test.each([
    ['store', 'backup', cause(new StoreError('full'))],
    ['postgres', 'backup', new SlipwayError('postgres app: pg_dump ended with exit code 1')],
    ['postgres', 'backup', new PostgresError('Postgres at postgres: refused')],
    ['postgres', 'backup', new SlipwayError('the connection to Postgres that held the lock of the backups is gone')],
    ['redis', 'backup', new SlipwayError('redis: it hung up')],
    ['files', 'backup', new SlipwayError('files uploads: tar ended with exit code 2')],
    ['config', 'backup', new SlipwayError('config: it cannot be read')],
    ['lock', 'backup', new BusyError(undefined)],
    ['other', 'backup', new TypeError('postgres is undefined')],
    ['drill', 'drill', new PostgresError('pg_restore ended with exit code 1')],
    ['store', 'drill', new StoreError('away')],
    ['lock', 'drill', new BusyError(undefined)],
  ] as const)('%s, when a %s fails with %o', (kind, job, error) => {
    expect(kindOf(job, error)).toBe(kind);
  });
});

describe('after a restart', () => {
  const now = new Date('2026-11-22T02:10:00Z');
  const due = '2026-11-22T02:00:00.000Z';
  const running = { since: '2026-11-22T02:00:01.000Z', process: '7@1', due, reason: 'schedule' } as const;

  test('a run of the daemon that was killed counts as failed at its due time', () => {
    const { backup } = afterRestart(stateOf({}, { backup: { running: { ...running, by: 'daemon' } } }), now, () => false).jobs;
    expect(backup).toEqual({
      failure: failure(now.toISOString(), {
        began: running.since,
        kind: 'other',
        message: 'the container was killed in the middle of it',
        due,
      }),
      attempts: { due, count: 1, ended: now.toISOString(), reason: 'schedule' },
      failures: { other: 1 },
    });
  });

  test('a command that was killed is forgotten, and one that still runs is not', () => {
    const state = stateOf({}, { backup: { running: { ...running, by: 'command' } } });
    expect(afterRestart(state, now, () => false).jobs.backup).toEqual({ failures: {} });
    expect(afterRestart(state, now, () => true)).toEqual(state);
  });

  test('failures at one due time add up, those at the next begin anew', () => {
    const once = attempted(stateOf(), 'backup', new Date(due), 'schedule', now);
    const twice = attempted(once, 'backup', new Date(due), 'catch-up', now);
    expect(twice.jobs.backup.attempts).toMatchObject({ count: 2, reason: 'schedule' });
    expect(attempted(twice, 'backup', new Date('2026-11-23T02:00:00Z'), 'schedule', now).jobs.backup.attempts).toMatchObject({ count: 1 });
  });
});

test('a queue does one thing at a time, each name once, and nothing after the end', async () => {
  const stop = new AbortController();
  const log: string[] = [];
  const errors: unknown[] = [];
  const work = async (name: string, request: number) => {
    log.push(`${name}${request} began`);
    await new Promise(setImmediate);
    if (name === 'b') throw new Error('b fails');
    log.push(`${name}${request} ended`);
  };
  const queue = makeQueue(work, (error) => errors.push(error), stop.signal);
  expect([queue.add('a', 1), queue.add('b', 1), queue.add('a', 2), queue.add('c', 1)]).toEqual([true, true, false, true]);
  await queue.idle();
  expect(log).toEqual(['a1 began', 'a1 ended', 'b1 began', 'c1 began', 'c1 ended']);
  expect(errors).toEqual([new Error('b fails')]);
  expect(queue.add('a', 3)).toBe(true);
  stop.abort();
  await queue.idle();
  expect([queue.add('a', 4), log.length]).toEqual([false, 5]);
});
