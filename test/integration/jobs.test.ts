import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { createStack, type Stack } from '../helpers/stack.js';

let stack: Stack;

/** A job's command that notes in the database what happens to it. */
const program = (text: string) => [
  'node',
  '--input-type=module',
  '-e',
  `import { database } from './src/database.js';
  const { SLIPWAY_JOB: job, SLIPWAY_JOB_RUN: run, VERSION, COLOUR } = process.env;
  const note = (event) => database.query('INSERT INTO job_notes VALUES ($1, $2, $3, $4, $5)', [job, run, event, VERSION, COLOUR]);
  ${text}`,
];
const DAILY = '0 3 * * *';
const tally = { schedule: DAILY, run: program("await note('ran'); console.log('noted $HOME'); await database.end();") };
const long = {
  schedule: DAILY,
  run: program(`process.once('SIGTERM', async () => { await note('stopped'); process.exit(9); });
  await note('began');
  console.log('goes on');
  setInterval(() => {}, 1_000);`),
};
const fails = { schedule: DAILY, run: ['sh', '-c', 'echo "it broke" >&2; exit 7'] };

/** Compose reads "$" in the file as the beginning of a variable. */
const literal = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll('$', '$$$$')) as unknown;

/** Has the next deploy declare these jobs of the worker, beside the one that the sample's backend has. */
function declare(jobs: Record<string, unknown>): void {
  const override = { services: { worker: { stop_grace_period: '6s', 'x-slipway': { role: 'worker', jobs: literal(jobs) } } } };
  stack.file('jobs.yml', stringify(override));
}

beforeAll(async () => {
  stack = await createStack({}, { quick: true });
  declare({ tally, fails, long });
  stack.set({ APP_COMPOSE: `${stack.values.APP_COMPOSE},${stack.folder}/jobs.yml` });
  await stack.deployed('t1');
  await stack.sql('CREATE TABLE job_notes (job text, run text, event text, version text, colour text)');
  await stack.sql('ALTER TABLE job_notes OWNER TO app');
});
afterAll(() => stack?.destroy());

const notes = (job: string) => stack.sql(`SELECT run, event, version, colour FROM job_notes WHERE job = '${job}' ORDER BY ctid`);
const runnerOf = (colour: 'blue' | 'green') => stack.container(colour, 'worker-jobs');

/** Waits until a container says something. @returns what matched */
async function says(container: { id: string }, pattern: RegExp, since = '0'): Promise<string> {
  const following = spawn('docker', ['logs', '--follow', '--since', since, container.id], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  const late = setTimeout(() => following.kill(), 30_000);
  try {
    return await new Promise((resolve, reject) => {
      const heard = (chunk: Buffer) => {
        text += chunk;
        const [found] = pattern.exec(text) ?? [];
        if (found !== undefined) resolve(found);
      };
      following.stdout.on('data', heard);
      following.stderr.on('data', heard);
      following.once('close', () => reject(new Error(`it did not say ${pattern}:\n${text}`)));
    });
  } finally {
    clearTimeout(late);
    following.kill();
  }
}

/** Makes the jobs as if cron had been down at their last due time: they are caught up when it starts. @returns when it was started */
async function missTheNight(...missed: string[]): Promise<string> {
  const cron = await stack.container('', 'cron');
  const file = '/run/slipway/cron/due/jobs.json';
  const program = `const fs = require('fs');
    const memory = JSON.parse(fs.readFileSync('${file}'));
    for (const name of ${JSON.stringify(missed)}) memory[name].handled = '2020-01-01T00:00:00Z';
    fs.writeFileSync('${file}', JSON.stringify(memory));`;
  execFileSync('docker', ['exec', cron.id, 'node', '-e', program]);
  await cron.restart();
  const { State } = await cron.inspect();
  return State.StartedAt;
}

/** @returns the lines of cron's log about a job since a time, parsed */
async function told(event: string, job: string, since: string): Promise<Record<string, unknown>> {
  const line = await says(await stack.container('', 'cron'), new RegExp(`^\\{.*"event":"${event}".*"job":"${job}".*$`, 'm'), since);
  return JSON.parse(line) as Record<string, unknown>;
}

describe('the declared jobs', () => {
  test('have a runner in the live colour, and begin nothing that was not due', async () => {
    expect(await stack.running('blue')).toEqual(expect.arrayContaining(['backend-jobs', 'worker-jobs']));
    await says(await runnerOf('blue'), /^waiting for jobs to be due: fails long tally$/m);
    const cron = await stack.container('', 'cron');
    await says(cron, /"event":"jobs".*"tally":"0 3 \* \* \*"/);
    const { HostConfig, Config } = await (await runnerOf('blue')).inspect();
    expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'], Memory: 256 * 1024 ** 2 });
    expect(HostConfig.PortBindings ?? {}).toEqual({});
    expect(Config.User).toBe('1000:1000');
    expect(await notes('tally')).toEqual([]);
  });

  test('that were missed run once each, in the live colour, with their output in its log', async () => {
    const since = await missTheNight('tally', 'fails');
    expect(await told('job-done', 'tally', since)).toMatchObject({ level: 'info', service: 'cron', job: 'tally' });
    const [note, ...more] = await notes('tally');
    expect(note).toMatch(/^20\d\d-\d\d-\d\dT03:00:00Z\|ran\|t1\|blue$/);
    expect(more).toEqual([]);
    const runner = await runnerOf('blue');
    for (const line of [/^tally: begins /m, /^tally: noted \$HOME$/m, /^tally: ended with exit code 0 after \d+ s$/m])
      await says(runner, line);
  });

  test('that fail are told by cron, with the reason', async () => {
    expect(await told('job-failed', 'fails', '0')).toMatchObject({
      level: 'error',
      message: expect.stringMatching(/^fails ended with exit code 7 after \d+ s$/),
      reason: 'failed',
      exitCode: 7,
    });
    await says(await runnerOf('blue'), /^fails: it broke$/m);
  });

  test('are shown by status like any singleton', async () => {
    const { json, exitCode } = await stack.start('status', []).ended;
    expect(exitCode).toBe(0);
    const { colours } = json as { colours: Record<string, { service: string; state: string }[]> };
    expect(colours.blue).toContainEqual(expect.objectContaining({ service: 'worker-jobs', state: 'running', version: 't1' }));
  });
});

describe('a deploy while a job runs', () => {
  test('gives it time, then stops it, which is told; never do two runners run', async () => {
    const since = await missTheNight('long');
    await says(await runnerOf('blue'), /^long: goes on$/m);
    declare({ later: tally, hangs: long });
    await stack.deployed('t2');
    const [old, now] = await Promise.all([(await runnerOf('blue')).inspect(), (await runnerOf('green')).inspect()]);
    expect(old.State).toMatchObject({ Running: false, ExitCode: 0 });
    expect(Date.parse(old.State.FinishedAt)).toBeLessThan(Date.parse(now.State.StartedAt));
    expect(await told('job-failed', 'long', since)).toMatchObject({ reason: 'stopped', exitCode: 9 });
    expect(await notes('long')).toEqual([expect.stringMatching(/\|began\|t1\|blue$/), expect.stringMatching(/\|stopped\|t1\|blue$/)]);
    expect(await stack.running('blue')).toEqual([]);
  });

  test('leaves the rest to the new colour, whose jobs are followed without a restart of cron', async () => {
    await says(await stack.container('', 'cron'), /"event":"jobs","message":"jobs of the live release: expire-uploads, hangs, later"/);
    const since = await missTheNight('later', 'hangs');
    await told('job-done', 'later', since);
    expect(await notes('later')).toEqual([expect.stringMatching(/\|ran\|t2\|green$/)]);
  });
});

test('a runner that dies in the middle of a job comes back, and tells the job as lost instead of beginning it again', async () => {
  const runner = await runnerOf('green');
  await says(runner, /^hangs: goes on$/m);
  // The first child of the container's init is the runner's shell. With it the container ends, and this command as well.
  spawnSync('docker', ['exec', runner.id, 'sh', '-c', 'set -- $(cat /proc/1/task/1/children); kill -KILL "$1"']);
  expect(await told('job-failed', 'hangs', '0')).toMatchObject({ reason: 'lost' });
  await says(runner, /^hangs: the run of .* was cut off; it is not begun again$/m);
  expect(await notes('hangs')).toHaveLength(1);
});
