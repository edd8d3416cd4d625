import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { followDeclared } from '../../../scripts/lib/backup/jobs/declared.js';
import { readDue, readResult, readRunning, removeDue, writeDue } from '../../../scripts/lib/backup/jobs/files.js';
import { type Memory, readMemory, writeMemory } from '../../../scripts/lib/backup/jobs/memory.js';
import { jobMetrics } from '../../../scripts/lib/backup/jobs/metrics.js';
import { type Folders, makeFolders, removeFolders, writeWhole } from './jobs-kit.js';

let folders: Folders;
beforeEach(() => {
  folders = makeFolders();
});
afterEach(() => removeFolders(folders));

describe('what a runner writes', () => {
  const tell = (text: string) => writeFileSync(join(folders.results, 'job.done'), text);

  test('is understood', async () => {
    tell('2026-05-01T03:00:00Z stopped 143 12\n');
    expect(await readResult(folders.results, 'job')).toEqual({ run: '2026-05-01T03:00:00Z', how: 'stopped', exitCode: 143, seconds: 12 });
    writeFileSync(join(folders.results, 'job.running'), '2026-05-01T03:00:00Z\n');
    expect(await readRunning(folders.results, 'job')).toBe('2026-05-01T03:00:00Z');
  });

  test('is nothing when it is not there', async () => {
    expect(await readResult(folders.results, 'job')).toBeUndefined();
    expect(await readRunning(folders.results, 'job')).toBeUndefined();
  });

  test.each([
    '',
    '\n',
    'r1',
    'r1 ended',
    'r1 ended 0',
    'r1 won 0 1',
    'r1 ended -1 1',
    'r1 ended 0 1 2',
    'r1 ended 0 1e9',
    'r1 ended 0 9999999999',
  ])('is nothing when it is %j', async (text) => {
    tell(text);
    expect(await readResult(folders.results, 'job')).toBeUndefined();
  });

  test('of whatever size, only its beginning is read', async () => {
    tell('r1 ended 0 7\n');
    truncateSync(join(folders.results, 'job.done'), 2 ** 40);
    expect(await readResult(folders.results, 'job')).toMatchObject({ run: 'r1' });
  });
});

describe('an app that is not what it should be', () => {
  const inTheWay: [string, (path: string) => void | Promise<void>][] = [
    ['a link to a secret', (path) => symlinkSync(secret(), path)],
    ['a link to itself', (path) => symlinkSync(path, path)],
    ['a pipe that nobody writes to', (path) => void execFileSync('mkfifo', [path])],
    ['a folder', (path) => mkdirSync(path)],
    ['a device', (path) => symlinkSync('/dev/zero', path)],
    ['a socket', (path) => socketAt(path)],
  ];
  const secret = () => {
    const path = join(folders.root, 'SECRET');
    writeFileSync(path, 'r1 ended 0 7\n');
    return path;
  };
  const socketAt = async (path: string) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    // The socket's file goes with its server.
    afterThis.push(() => void server.close());
  };
  const afterThis: (() => void)[] = [];
  afterEach(() => {
    for (const action of afterThis.splice(0)) action();
  });

  test.each(inTheWay)('can have cron read nothing through %s', async (_, make) => {
    await make(join(folders.results, 'job.done'));
    await make(join(folders.results, 'job.running'));
    expect(await readResult(folders.results, 'job')).toBeUndefined();
    expect(await readRunning(folders.results, 'job')).toBeUndefined();
  });
});

describe('what runners are told', () => {
  test('is a file that every user can read, and that is never there by half', async () => {
    await writeDue(folders.due, 'job', '2026-05-01T03:00:00Z');
    await writeDue(folders.due, 'job', '2026-05-02T03:00:00Z');
    expect(readFileSync(join(folders.due, 'job.due'), 'utf8')).toBe('2026-05-02T03:00:00Z\n');
    expect(statSync(join(folders.due, 'job.due')).mode & 0o777).toBe(0o644);
    expect(readdirSync(folders.due)).toEqual(['job.due']);
    expect(await readDue(folders.due, 'job')).toBe('2026-05-02T03:00:00Z');
  });

  test('can be taken back, and back again', async () => {
    await writeDue(folders.due, 'job', 'r1');
    await removeDue(folders.due, 'job');
    await removeDue(folders.due, 'job');
    expect(existsSync(join(folders.due, 'job.due'))).toBe(false);
    expect(await readDue(folders.due, 'job')).toBeUndefined();
  });
});

describe('what cron remembers', () => {
  const memory: Memory = {
    tidy: {
      schedule: '0 3 * * *',
      handled: '2026-05-02T03:00:00Z',
      done: { at: '2026-05-01T03:00:09.123Z', due: '2026-05-01T03:00:00Z', seconds: 9 },
      failed: {
        at: '2026-05-02T03:00:02.000Z',
        due: '2026-05-02T03:00:00Z',
        reason: 'failed',
        message: 'tidy ended with exit code 3 after 2 s',
      },
      failures: { failed: 2, overdue: 1 },
    },
    fresh: { schedule: '* * * * *', handled: '2026-05-02T03:00:00.000Z', failures: {} },
  };
  const doubts: string[] = [];
  beforeEach(() => void doubts.splice(0));
  const read = () => readMemory(folders.due, (doubt) => doubts.push(doubt));

  test('is what it wrote down', async () => {
    await writeMemory(folders.due, memory);
    expect(await read()).toEqual(memory);
    expect(doubts).toEqual([]);
  });

  test('is nothing in the beginning', async () => {
    expect(await read()).toEqual({});
    expect(doubts).toEqual([]);
  });

  test.each(['', '{', '[]', '{"tidy":{}}', '{"tidy":{"schedule":"0 3 * * *","handled":"yesterday","failures":{}}}'])(
    'is nothing when its file is %j, which is told',
    async (text) => {
      writeFileSync(join(folders.due, 'jobs.json'), text);
      expect(await read()).toEqual({});
      expect(doubts).toEqual([`${join(folders.due, 'jobs.json')} cannot be understood: what was missed is not caught up`]);
    },
  );

  test('becomes metrics', async () => {
    await writeMemory(folders.due, memory);
    const lines = (await jobMetrics('shop', folders.due)).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        `slipway_job_last_success_timestamp_seconds{job="tidy",stack="shop"} ${Date.parse('2026-05-01T03:00:09.123Z') / 1_000}`,
        'slipway_job_last_success_timestamp_seconds{job="fresh",stack="shop"} 0',
        `slipway_job_last_failure_timestamp_seconds{job="tidy",stack="shop"} ${Date.parse('2026-05-02T03:00:02Z') / 1_000}`,
        'slipway_job_last_duration_seconds{job="tidy",stack="shop"} 9',
        'slipway_job_failing{job="tidy",stack="shop"} 1',
        'slipway_job_failing{job="fresh",stack="shop"} 0',
        'slipway_job_failures_total{job="tidy",reason="failed",stack="shop"} 2',
        'slipway_job_failures_total{job="tidy",reason="overdue",stack="shop"} 1',
        'slipway_job_failures_total{job="fresh",reason="lost",stack="shop"} 0',
      ]),
    );
    expect(lines.filter((line) => line.startsWith('slipway_job_last_duration_seconds{'))).toHaveLength(1);
  });

  test('are no metrics when the app has no jobs', async () => {
    expect(await jobMetrics('shop', folders.due)).toBe('');
  });
});

describe('the jobs of the live release', () => {
  const doubts: string[] = [];
  beforeEach(() => void doubts.splice(0));
  const file = () => join(folders.snapshot, 'release.json');
  const followed = () => followDeclared(folders.snapshot, (doubt) => doubts.push(doubt));
  const declare = (jobs: unknown) => writeWhole(file(), JSON.stringify({ version: 'v1', jobs }));

  test('are told when they are new, and once', async () => {
    const look = followed();
    expect(await look()).toBeUndefined();
    declare({ tidy: '0 3 * * *' });
    expect(await look()).toEqual({ tidy: '0 3 * * *' });
    expect(await look()).toBeUndefined();
    declare({});
    expect(await look()).toEqual({});
  });

  test('are told anew by each deploy, also when the file has the size and the time of the one before', async () => {
    const look = followed();
    for (const jobs of [{ a: '1 3 * * *' }, { b: '2 3 * * *' }]) {
      declare(jobs);
      utimesSync(file(), 1_000, 1_000);
      expect(await look()).toEqual(jobs);
    }
  });

  test('of a release that was deployed before jobs were written down are none', async () => {
    writeFileSync(file(), '{"version":"v1"}');
    expect(await followed()()).toEqual({});
  });

  test('stay while the file is being replaced', async () => {
    const look = followed();
    declare({ tidy: '0 3 * * *' });
    await look();
    rmSync(file());
    expect(await look()).toBeUndefined();
    writeFileSync(file(), '');
    expect(await look()).toBeUndefined();
    writeFileSync(file(), '{"version":"v2","jobs":{"ot');
    expect(await look()).toBeUndefined();
    writeFileSync(file(), '{"version":"v2","jobs":{"other":"0 4 * * *"}}');
    expect(await look()).toEqual({ other: '0 4 * * *' });
    expect(doubts).toEqual([]);
  });

  test('stay when the file says nothing that can be understood, which is told once', async () => {
    const look = followed();
    writeFileSync(file(), '{"jobs":["tidy"]}');
    for (let time = 0; time < 4; time++) expect(await look()).toBeUndefined();
    expect(doubts).toEqual([`${file()} cannot be understood: the jobs are those of the release before`]);
    declare({ tidy: '0 3 * * *' });
    expect(await look()).toEqual({ tidy: '0 3 * * *' });
  });
});
