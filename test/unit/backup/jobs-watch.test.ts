import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Memory } from '../../../scripts/lib/backup/jobs/memory.js';
import type { JobFailure, JobRun } from '../../../scripts/lib/backup/jobs/run.js';
import { type Job, jobAt, lookAfter, type Watch } from '../../../scripts/lib/backup/jobs/watch.js';
import { parseSchedule } from '../../../scripts/lib/backup/schedule.js';
import { type Folders, makeFolders, removeFolders } from './jobs-kit.js';

let folders: Folders;
let begun: string[];
let told: (JobFailure | JobRun)[];
beforeEach(() => {
  folders = makeFolders();
  begun = [];
  told = [];
});
afterEach(() => removeFolders(folders));

/** A job as cron sees it; whatever it is told to begin is done at once, unless it hangs. */
function watching(text: string, timezone: string, since: string, { hangs = false } = {}) {
  const now = new Date(since);
  const job: Job = jobAt('job', parseSchedule(text, timezone), undefined, now);
  const memory: Memory = { job: { schedule: text, handled: since, failures: {} } };
  const watch: Watch = {
    paths: folders,
    memory,
    begun: (_, due) => {
      begun.push(due);
      const [name, content] = hangs ? ['job.running', due] : ['job.done', `${due} ended 0 1`];
      writeFileSync(join(folders.results, name), `${content}\n`);
    },
    failed: (failure) => told.push(failure),
    done: (run) => told.push(run),
  };
  return async (...moments: string[]) => {
    for (const moment of moments) await lookAfter(watch, job, new Date(moment));
  };
}

/** @returns every second between two moments, the first included */
function seconds(from: string, to: string): string[] {
  const [begin, end] = [Date.parse(from), Date.parse(to)];
  return Array.from({ length: (end - begin) / 1_000 }, (_, index) => new Date(begin + index * 1_000).toISOString());
}

describe('a job that is looked at each second', () => {
  test('of every minute begins once a minute', async () => {
    const look = watching('* * * * *', 'UTC', '2026-05-01T02:59:30Z');
    await look(...seconds('2026-05-01T02:59:30Z', '2026-05-01T03:02:30Z'));
    expect(begun).toEqual(['2026-05-01T03:00:00Z', '2026-05-01T03:01:00Z', '2026-05-01T03:02:00Z']);
    expect(told).toHaveLength(3);
  });

  test('of every night begins at its hour, by the clock of its time zone', async () => {
    const look = watching('0 3 * * *', 'Europe/Berlin', '2026-05-01T00:59:50Z');
    await look(...seconds('2026-05-01T00:59:50Z', '2026-05-01T01:00:10Z'));
    expect(begun).toEqual(['2026-05-01T01:00:00Z']);
  });

  test('begins once in the night in which the clock skips its hour, and once in the one that has it twice', async () => {
    const spring = watching('30 2 * * *', 'Europe/Berlin', '2026-03-29T00:00:00Z');
    await spring(...seconds('2026-03-29T00:59:00Z', '2026-03-29T02:31:00Z'));
    expect(begun).toEqual(['2026-03-29T01:00:00Z']);
    begun = [];
    const autumn = watching('30 2 * * *', 'Europe/Berlin', '2026-10-24T23:00:00Z');
    await autumn(...seconds('2026-10-25T00:00:00Z', '2026-10-25T02:00:00Z'));
    expect(begun).toEqual(['2026-10-25T00:30:00Z']);
  });

  test('begins nothing again when the clock is put back a little', async () => {
    const look = watching('0 3 * * *', 'UTC', '2026-05-01T02:59:59Z');
    await look('2026-05-01T03:00:00Z', '2026-05-01T03:00:01Z', '2026-05-01T02:59:58Z', '2026-05-01T03:00:00Z', '2026-05-01T03:00:02Z');
    expect(begun).toEqual(['2026-05-01T03:00:00Z']);
    expect(told).toHaveLength(1);
  });

  test('that was asleep with its machine for days begins once', async () => {
    const look = watching('0 3 * * *', 'UTC', '2026-05-01T02:59:59Z');
    await look('2026-05-05T12:00:00Z', '2026-05-05T12:00:01Z', '2026-05-05T12:00:02Z');
    expect(begun).toEqual(['2026-05-05T03:00:00Z']);
  });

  test('and hangs is complained about once, however often it would have been due', async () => {
    const look = watching('* * * * *', 'UTC', '2026-05-01T02:59:30Z', { hangs: true });
    await look(...seconds('2026-05-01T02:59:30Z', '2026-05-01T03:10:00Z'));
    expect(begun).toEqual(['2026-05-01T03:00:00Z']);
    expect(told).toMatchObject([{ job: 'job', due: '2026-05-01T03:00:00Z', reason: 'overdue' }]);
  });
});
