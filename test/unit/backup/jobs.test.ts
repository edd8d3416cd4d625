import { existsSync, mkdirSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'vitest';
import { makeLog } from '../../../scripts/lib/backup/daemon/log.js';
import { type JobFailure, type JobRun, startJobs } from '../../../scripts/lib/backup/jobs/index.js';
import type { Memory } from '../../../scripts/lib/backup/jobs/memory.js';
import { previousDue } from '../../../scripts/lib/backup/schedule.js';
import { ended, type Folders, killAll, makeFolders, removeFolders, shells, startRunner, textOf, until, writeWhole } from './jobs-kit.js';

const DAILY = '0 3 * * *';
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
const due = (before = new Date()) => previousDue({ text: DAILY, timezone: 'UTC' }, before).toISOString().replace('.000Z', 'Z');

type Line = Record<string, unknown> & { level: string; event: string; message: string };

interface Kit {
  folders: Folders;
  lines: Line[];
  failures: JobFailure[];
  done: JobRun[];
  /** Starts cron's side. @returns ends it again */
  start: () => () => Promise<void>;
  /** Resolves when that was logged. */
  logged: (event: string, count?: number) => Promise<void>;
}

/** Cron's side on folders of its own; it ends with the test. */
function kitOf({ onTestFinished }: TestContext): Kit {
  const folders = makeFolders();
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  const kit: Kit = { folders, lines, failures: [], done: [], start, logged };
  const stops: (() => Promise<void>)[] = [];
  onTestFinished(async () => {
    await Promise.all(stops.map((stop) => stop()));
    removeFolders(folders);
  });

  function start(): () => Promise<void> {
    const stopping = new AbortController();
    const log = makeLog(
      (line) => {
        lines.push(JSON.parse(line) as Line);
        for (const look of [...waiting]) look();
      },
      (text) => text,
    );
    const running = startJobs({
      settings: { TZ: 'UTC' },
      paths: folders,
      log,
      onFailure: (failure) => kit.failures.push(failure),
      onDone: (run) => kit.done.push(run),
      signal: stopping.signal,
    });
    const stop = () => {
      stopping.abort();
      return running;
    };
    stops.push(stop);
    return stop;
  }

  function logged(event: string, count = 1): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (lines.filter((line) => line.event === event).length < count) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  }
  return kit;
}

const declare = ({ snapshot }: Folders, jobs: Record<string, string>) =>
  writeWhole(join(snapshot, 'release.json'), JSON.stringify({ version: 'v1', jobs }));
const remember = ({ due: folder }: Folders, memory: Memory) => writeWhole(join(folder, 'jobs.json'), JSON.stringify(memory));
const remembered = ({ due: folder }: Folders) => JSON.parse(textOf(folder, 'jobs.json') ?? '{}') as Memory;
const handledAt = (moment: Date) => ({ schedule: DAILY, handled: moment.toISOString(), failures: {} });
const dueFile = ({ due: folder }: Folders) => textOf(folder, 'tidy.due');
const answer = ({ results }: Folders, text: string) => writeWhole(join(results, 'tidy.done'), `${text}\n`);

describe.concurrent('the jobs of the live release', () => {
  test('that are new do not begin before they are due', async (context) => {
    const { expect } = context;
    const { folders, start, logged, lines } = kitOf(context);
    declare(folders, { tidy: DAILY, other: '*/5 * * * *' });
    start();
    await logged('jobs');
    await until(folders.due, () => existsSync(join(folders.due, 'jobs.json')));
    expect(lines).toMatchObject([{ level: 'info', message: 'jobs of the live release: tidy, other' }]);
    expect(dueFile(folders)).toBeUndefined();
    expect(Date.now() - Date.parse(remembered(folders).tidy?.handled ?? '')).toBeLessThan(60_000);
  });

  test('that were missed for days are caught up once, and told when they are done', async (context) => {
    const { expect } = context;
    const { folders, start, logged, lines, done, failures } = kitOf(context);
    remember(folders, { tidy: handledAt(daysAgo(5)) });
    declare(folders, { tidy: DAILY });
    start();
    await logged('job-due');
    expect(dueFile(folders)).toBe(due());
    expect(lines.at(-1)).toMatchObject({ level: 'info', message: 'tidy is caught up', job: 'tidy', due: due() });
    answer(folders, `${due()} ended 0 12`);
    await logged('job-done');
    await until(folders.due, () => remembered(folders).tidy?.done !== undefined);
    expect(dueFile(folders)).toBeUndefined();
    expect(done).toEqual([{ job: 'tidy', due: due(), seconds: 12 }]);
    expect(failures).toEqual([]);
    expect(remembered(folders).tidy).toMatchObject({ handled: due(), done: { due: due(), seconds: 12 } });
  });

  test('that fail are told by a line of JSON and to whoever wants to know, and are not begun again', async (context) => {
    const { expect } = context;
    const { folders, start, logged, lines, failures } = kitOf(context);
    remember(folders, { tidy: { ...handledAt(daysAgo(2)), failures: { failed: 1 } } });
    declare(folders, { tidy: DAILY });
    start();
    await logged('job-due');
    answer(folders, `${due()} ended 3 1`);
    await logged('job-failed');
    const failure = { job: 'tidy', due: due(), reason: 'failed', exitCode: 3, seconds: 1 };
    expect(lines.at(-1)).toMatchObject({
      level: 'error',
      event: 'job-failed',
      message: 'tidy ended with exit code 3 after 1 s',
      ...failure,
    });
    expect(failures).toEqual([{ ...failure, message: 'tidy ended with exit code 3 after 1 s' }]);
    await until(folders.due, () => remembered(folders).tidy?.failures.failed === 2);
    expect(dueFile(folders)).toBeUndefined();
  });

  test('that no runner has begun until they are due again are told, and the newer run takes the place', async (context) => {
    const { expect } = context;
    const { folders, start, logged, failures } = kitOf(context);
    const old = due(daysAgo(1));
    remember(folders, { tidy: { ...handledAt(daysAgo(1)), handled: old } });
    writeFileSync(join(folders.due, 'tidy.due'), `${old}\n`);
    declare(folders, { tidy: DAILY });
    start();
    await logged('job-failed');
    expect(failures).toMatchObject([{ job: 'tidy', due: old, reason: 'untaken' }]);
    expect(dueFile(folders)).toBe(due());
  });

  test('that still run when they are due again are told once, and run again when they have ended', async (context) => {
    const { expect } = context;
    const { folders, start, logged, failures, done } = kitOf(context);
    const old = due(daysAgo(1));
    remember(folders, { tidy: { ...handledAt(daysAgo(1)), handled: old } });
    writeFileSync(join(folders.due, 'tidy.due'), `${old}\n`);
    writeFileSync(join(folders.results, 'tidy.running'), `${old}\n`);
    declare(folders, { tidy: DAILY });
    const stop = start();
    await logged('job-failed');
    expect(dueFile(folders)).toBe(old);
    unlinkSync(join(folders.results, 'tidy.running'));
    answer(folders, `${old} ended 0 99999`);
    await logged('job-due');
    await stop();
    expect(failures.map(({ reason, message }) => [reason, message])).toEqual([['overdue', 'tidy still ran when it was due again']]);
    expect(done).toMatchObject([{ due: old, seconds: 99_999 }]);
    expect(dueFile(folders)).toBe(due());
  });

  test('are waited for over a restart of cron', async (context) => {
    const { expect } = context;
    const { folders, start, logged, done } = kitOf(context);
    remember(folders, { tidy: handledAt(daysAgo(2)) });
    declare(folders, { tidy: DAILY });
    const stop = start();
    await logged('job-due');
    await stop();
    answer(folders, `${due()} ended 0 1`);
    expect(dueFile(folders)).toBe(due());
    start();
    await logged('job-done');
    expect(done).toEqual([{ job: 'tidy', due: due(), seconds: 1 }]);
  });

  test('follow each deploy: what is gone is taken back, what has another schedule begins anew', async (context) => {
    const { expect } = context;
    const { folders, start, logged } = kitOf(context);
    remember(folders, { tidy: handledAt(daysAgo(2)), moved: { ...handledAt(daysAgo(2)), schedule: '0 4 * * *' } });
    declare(folders, { tidy: DAILY, moved: DAILY });
    start();
    await logged('job-due');
    expect(textOf(folders.due, 'moved.due')).toBeUndefined();
    declare(folders, { moved: DAILY });
    await logged('jobs', 2);
    await until(folders.due, () => !('tidy' in remembered(folders)));
    expect(dueFile(folders)).toBeUndefined();
    expect(remembered(folders).moved?.schedule).toBe(DAILY);
  });

  test('go on when a folder cannot be written: that is told once, and they are due when it can be', async (context) => {
    const { expect } = context;
    const { folders, start, logged, failures } = kitOf(context);
    remember(folders, { tidy: handledAt(daysAgo(2)) });
    const inTheWay = join(folders.due, 'tidy.due.new');
    mkdirSync(inTheWay);
    declare(folders, { tidy: DAILY });
    start();
    await logged('job-failed');
    rmdirSync(inTheWay);
    await logged('job-due');
    expect(failures).toMatchObject([{ job: 'tidy', due: due(), reason: 'error', message: expect.stringContaining('EISDIR') }]);
  });

  test('with a schedule that means nothing do not keep the others from running', async (context) => {
    const { expect } = context;
    const { folders, start, logged, lines } = kitOf(context);
    remember(folders, { tidy: handledAt(daysAgo(2)) });
    declare(folders, { odd: 'daily', tidy: DAILY });
    start();
    await logged('job-due');
    expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { event: 'jobs-problem', message: 'odd: should be a cron expression such as "0 2 * * *", got "daily"' },
    ]);
  });

  test('that were last due in a future which was none are not forgotten for years', async (context) => {
    const { expect } = context;
    const { folders, start } = kitOf(context);
    remember(folders, { tidy: handledAt(new Date('2099-01-01')) });
    declare(folders, { tidy: DAILY });
    start();
    await until(folders.due, () => !remembered(folders).tidy?.handled.startsWith('2099'));
    expect(Date.now() - Date.parse(remembered(folders).tidy?.handled ?? '')).toBeLessThan(60_000);
  });
});

test.concurrent.for(shells)('cron and a runner under %s understand each other', async ([, shell], context) => {
  const { expect } = context;
  const { folders, start, logged, done, failures } = kitOf(context);
  remember(folders, { good: handledAt(daysAgo(2)), bad: handledAt(daysAgo(2)) });
  declare(folders, { good: DAILY, bad: DAILY });
  const runner = startRunner(shell, folders, { good: ['true'], bad: ['sh', '-c', 'exit 4'] });
  context.onTestFinished(() => killAll(runner));
  start();
  await Promise.all([logged('job-done'), logged('job-failed')]);
  expect(done).toMatchObject([{ job: 'good', due: due() }]);
  expect(failures).toMatchObject([{ job: 'bad', due: due(), reason: 'failed', exitCode: 4 }]);
  expect(await ended(folders, 'good', due())).toBe('ended 0');
});
