import { mkdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'vitest';
import {
  ended,
  type Folders,
  killAll,
  makeDue,
  makeFolders,
  type Runner,
  removeFolders,
  shells,
  startRunner,
  textOf,
  until,
} from './jobs-kit.js';

type Command = Parameters<typeof startRunner>[0];

interface Kit {
  folders: Folders;
  start: (jobs: Record<string, readonly string[]>, options?: Parameters<typeof startRunner>[3]) => Runner;
}

/** Whatever is started ends with the test. Tests that run side by side say themselves when they are over. */
function kitOf(shell: Command, { onTestFinished }: TestContext): Kit {
  const folders = makeFolders();
  const runners: Runner[] = [];
  onTestFinished(async () => {
    await Promise.all(runners.map(killAll));
    removeFolders(folders);
  });
  const start: Kit['start'] = (jobs, options) => {
    const runner = startRunner(shell, folders, jobs, options);
    runners.push(runner);
    return runner;
  };
  return { folders, start };
}

const sh = (text: string, ...args: string[]) => ['sh', '-c', text, ...args];

describe.concurrent.each(shells)('the runner of jobs under %s', (_, shell) => {
  test('does a job that is due once, says how it ended, and does the next run', async (context) => {
    const { expect } = context;
    const { folders, start } = kitOf(shell, context);
    const runner = start({ tally: sh('echo $SLIPWAY_JOB $SLIPWAY_JOB_RUN >>"$1"; echo written', 'x', '/dev/fd/1') });
    await runner.says(/^waiting for jobs to be due: tally$/m);
    makeDue(folders, 'tally', '2026-05-01T03:00:00Z');
    expect(await ended(folders, 'tally', '2026-05-01T03:00:00Z')).toBe('ended 0');
    makeDue(folders, 'tally', '2026-05-02T03:00:00Z');
    expect(await ended(folders, 'tally', '2026-05-02T03:00:00Z')).toBe('ended 0');
    await runner.says(/05-02T03:00:00Z\n(.*\n)*tally: ended/);
    expect(runner.output().split('\n')).toEqual([
      'waiting for jobs to be due: tally',
      ...['01', '02'].flatMap((day) => [
        `tally: begins (2026-05-${day}T03:00:00Z)`,
        `tally: tally 2026-05-${day}T03:00:00Z`,
        'tally: written',
        expect.stringMatching(/^tally: ended with exit code 0 after \d s$/),
      ]),
      '',
    ]);
  });

  test('begins no run twice, however often it is told', async (context) => {
    const { expect } = context;
    const { folders, start } = kitOf(shell, context);
    const runner = start({ a: ['echo', 'ran'], b: ['echo', 'ran'] });
    makeDue(folders, 'a', 'r1');
    await ended(folders, 'a', 'r1');
    makeDue(folders, 'a', 'r1');
    // Two looks at everything.
    for (const run of ['r1', 'r2']) {
      makeDue(folders, 'b', run);
      await ended(folders, 'b', run);
    }
    expect(runner.output().match(/^a: ran$/gm)).toHaveLength(1);
  });

  test.for<[string, readonly string[], string]>([
    ['an exit code', sh('exit 3'), 'ended 3'],
    ['a signal', sh('kill -KILL $$'), 'ended 137'],
    ['a program that is not there', ['no-such-program'], 'ended 127'],
    // Neither functions of the runner nor builtins of its shell: only programs.
    ['a name that the runner has for something', ['finish'], 'ended 127'],
    ['a word of the shell', ['exit', '0'], 'ended 127'],
  ])('tells %s', async ([, command, told], context) => {
    const { expect } = context;
    const { folders, start } = kitOf(shell, context);
    start({ job: command });
    makeDue(folders, 'job', 'r1');
    expect(await ended(folders, 'job', 'r1')).toBe(told);
  });

  test('hands the words of each command over as they are, and to no other job', async (context) => {
    const { expect } = context;
    const odd = ['a b', "it's", '"', '$HOME', '`id`', '*', '\\n', '-n', 'é', 'two\nlines', ';', '3'];
    const print = sh('for word; do printf "<%s>" "$word"; done; echo', 'x');
    const { folders, start } = kitOf(shell, context);
    const runner = start({ first: [...print, ...odd], second: print, third: [...print, 'own'] });
    for (const job of ['first', 'second', 'third']) makeDue(folders, job, 'r1');
    for (const job of ['first', 'second', 'third']) expect(await ended(folders, job, 'r1')).toBe('ended 0');
    await Promise.all([runner.says(/first: ended/), runner.says(/second: ended/), runner.says(/third: ended/)]);
    const printed = odd.map((word) => `<${word}>`).join('');
    expect(runner.output()).toContain(`first: ${printed.replace('\n', '\nfirst: ')}\n`);
    expect(runner.output()).toContain('third: <own>\n');
    expect(runner.output()).toMatch(/^second: $/m);
  });

  test('lines of JSON stay as they are, and a last line without an end is told too', async (context) => {
    const { expect } = context;
    const { folders, start } = kitOf(shell, context);
    const runner = start({ job: ['printf', '%s\n%s\n%s', '{"level":"info"}', '  indented \\t', 'last'] });
    makeDue(folders, 'job', 'r1');
    await runner.says(/job: ended/);
    expect(runner.output()).toMatch(/^\{"level":"info"\}\njob: {3}indented \\t\njob: last\njob: ended/m);
  });

  test('jobs run beside each other, but never beside themselves', async (context) => {
    const { expect } = context;
    const { folders, start } = kitOf(shell, context);
    const wait = sh('until [ -e "$1" ]; do sleep 0.1; done', 'x', join(folders.root, 'go'));
    start({ long: wait, short: ['true'] });
    makeDue(folders, 'long', 'r1');
    await until(folders.results, () => textOf(folders.results, 'long.running') === 'r1');
    makeDue(folders, 'long', 'r2');
    for (const run of ['r1', 'r2']) {
      makeDue(folders, 'short', run);
      expect(await ended(folders, 'short', run)).toBe('ended 0');
    }
    expect(textOf(folders.results, 'long.running')).toBe('r1');
    expect(textOf(folders.results, 'long.done')).toBeUndefined();
    writeFileSync(join(folders.root, 'go'), '');
    expect(await ended(folders, 'long', 'r2')).toBe('ended 0');
  });

  test('what it writes can be read by cron, whatever the umask of the image', async (context) => {
    const { expect } = context;
    const { folders, start } = kitOf(shell, context);
    const runner = start({ job: sh('umask') }, { umask: '0077' });
    makeDue(folders, 'job', 'r1');
    await ended(folders, 'job', 'r1');
    await runner.says(/job: ended/);
    expect(statSync(join(folders.results, 'job.done')).mode & 0o777).toBe(0o644);
    expect(runner.output()).toMatch(/^job: 0?077$/m);
  });

  test('a job whose claim cannot be written is not begun until it can', async (context) => {
    const { expect } = context;
    const { folders, start } = kitOf(shell, context);
    const runner = start({ job: ['echo', 'ran'] });
    const inTheWay = join(folders.results, 'job.running.new');
    mkdirSync(inTheWay);
    makeDue(folders, 'job', 'r1');
    await runner.says(/job\.running\.new/);
    expect(runner.output()).not.toContain('begins');
    rmdirSync(inTheWay);
    expect(await ended(folders, 'job', 'r1')).toBe('ended 0');
  });

  test('a result that cannot be written is written when it can be: the run keeps its claim until then', async (context) => {
    const { expect } = context;
    const { folders, start } = kitOf(shell, context);
    const runner = start({ job: ['echo', 'ran'] });
    const inTheWay = join(folders.results, 'job.done.new');
    mkdirSync(inTheWay);
    makeDue(folders, 'job', 'r1');
    await runner.says(/job\.done\.new/);
    expect(textOf(folders.results, 'job.running')).toBe('r1');
    rmdirSync(inTheWay);
    expect(await ended(folders, 'job', 'r1')).toBe('ended 0');
    await runner.says(/job: ended/);
    expect(runner.output().match(/^job: ran$/gm)).toHaveLength(1);
  });
});

describe.concurrent.each(shells)('a runner under %s that is to stop', (_, shell) => {
  test('waits for nothing when nothing runs', async (context) => {
    const { expect } = context;
    const { start } = kitOf(shell, context);
    const runner = start({ job: ['true'] }, { patience: 60 });
    await runner.says(/waiting/);
    const began = performance.now();
    runner.kill('SIGTERM');
    await runner.exited;
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test('lets a job end by itself, and begins none', async (context) => {
    const { expect } = context;
    const { folders, start } = kitOf(shell, context);
    const runner = start({ long: sh('sleep 2; echo through'), other: ['echo', 'ran'] }, { patience: 60 });
    makeDue(folders, 'long', 'r1');
    await runner.says(/begins/);
    runner.kill('SIGTERM');
    await runner.says(/^to stop; has up to 60 s to end by itself: long$/m);
    makeDue(folders, 'other', 'r1');
    await runner.ended;
    expect(await ended(folders, 'long', 'r1')).toBe('ended 0');
    expect(runner.output()).toMatch(/^long: through$/m);
    expect(runner.output()).not.toMatch(/other: ran/);
  });

  test('passes the signal on when its patience is over: to all that the job has begun', async (context) => {
    const { expect } = context;
    const child = sh('trap "echo child; exit" TERM; while :; do sleep 0.1; done');
    const job = sh('"$@" & trap "wait; echo parent; exit 5" TERM; echo ready; wait', 'x', ...child);
    const { folders, start } = kitOf(shell, context);
    const runner = start({ job }, { patience: 1 });
    makeDue(folders, 'job', 'r1');
    await runner.says(/ready/);
    runner.kill('SIGTERM');
    await runner.ended;
    expect(await ended(folders, 'job', 'r1')).toBe('stopped 5');
    expect(runner.output()).toMatch(/^job: child\njob: parent\njob: stopped with exit code 5 after \d s$/m);
  });

  test('a job that knows nothing of signals ends by it; one that ends well in spite of it has ended well', async (context) => {
    const { expect } = context;
    const jobs = { plain: ['sleep', '60'], careful: sh('trap "exit 0" TERM; echo ready; while :; do sleep 0.1; done') };
    const { folders, start } = kitOf(shell, context);
    const runner = start(jobs);
    for (const job of Object.keys(jobs)) makeDue(folders, job, 'r1');
    await Promise.all([runner.says(/plain: begins/), runner.says(/careful: ready/)]);
    runner.kill('SIGTERM');
    await runner.ended;
    expect(await ended(folders, 'plain', 'r1')).toBe('stopped 143');
    expect(await ended(folders, 'careful', 'r1')).toBe('ended 0');
  });
});

describe.concurrent.each(shells)('after a runner under %s was killed', (_, shell) => {
  test('the next one tells the run as lost, begins it no more, and does the run after it', async (context) => {
    const { expect } = context;
    const { folders, start } = kitOf(shell, context);
    const runner = start({ job: sh('echo began; sleep 60') });
    makeDue(folders, 'job', 'r1');
    await runner.says(/job: began/);
    await killAll(runner);
    expect(textOf(folders.results, 'job.running')).toBe('r1');
    const next = start({ job: ['echo', 'ran'], other: ['true'] });
    expect(await ended(folders, 'job', 'r1')).toBe('lost 0');
    makeDue(folders, 'job', 'r2');
    expect(await ended(folders, 'job', 'r2')).toBe('ended 0');
    await next.says(/job: ended/);
    expect(next.output().match(/^job: ran$/gm)).toHaveLength(1);
    expect(next.output()).toMatch(/^job: the run of r1 was cut off; it is not begun again$/m);
  });

  test('between the end of a run and the taking away of its claim: it has ended as it did', async (context) => {
    const { expect } = context;
    const { folders, start } = kitOf(shell, context);
    writeFileSync(join(folders.results, 'job.running'), 'r1\n');
    writeFileSync(join(folders.results, 'job.done'), 'r1 ended 0 7\n');
    const runner = start({ job: ['true'] });
    await runner.says(/waiting/);
    expect(textOf(folders.results, 'job.done')).toBe('r1 ended 0 7');
    expect(textOf(folders.results, 'job.running')).toBeUndefined();
  });

  test('before its claim said anything: the run was not begun, and is', async (context) => {
    const { expect } = context;
    const { folders, start } = kitOf(shell, context);
    writeFileSync(join(folders.results, 'job.running'), '');
    makeDue(folders, 'job', 'r1');
    start({ job: ['true'] });
    expect(await ended(folders, 'job', 'r1')).toBe('ended 0');
  });
});
