import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inBase, makeSet, redis, sql } from '../helpers/backups.js';
import { writeFixtureApp } from '../helpers/fixture-app.js';
import { engine } from '../helpers/leftovers.js';
import { processesOf } from '../helpers/processes.js';
import { inFiles, redisCli } from '../helpers/restore-fixture.js';
import { databases, restored, startRestore } from '../helpers/restores.js';
import { createStack, type Stack } from '../helpers/stack.js';

let stack: Stack;
/** The data of the set, and those that are live. */
let [ofSet, live] = ['', ''];

/** Each step by what it says when it is done. Until Redis has taken the set over, everything is taken back. */
const before = [
  'take a safety set',
  'make the roles',
  'restore app',
  'unpack the files',
  'load \\d+ keys',
  'turn the public away',
  'swap the files',
  'swap the databases',
];
const after = ['have Redis take over'];

beforeAll(async () => {
  stack = await createStack({ APP_COMPOSE: '' });
  const compose = writeFixtureApp(join(stack.folder, 'app'), 'hello', ['backup: { files: [tally] }']);
  stack.set({ APP_COMPOSE: compose });
  await stack.deployed('k1');
  sql(stack, "SET ROLE app; CREATE TABLE things AS SELECT n, repeat('x', 100) AS x FROM generate_series(1, 20000) n");
  change('of the set');
  redisCli(stack, ['SELECT 2', "EVAL \"for n = 1, 5000 do redis.call('SET', 'k' .. n, string.rep('v', 200)) end\" 0"]);
  ofSet = state();
  await makeSet(stack);
  sql(stack, 'DELETE FROM things WHERE n % 2 = 0; CREATE TABLE only_live (i int)');
  change('live');
  live = state();
});
afterAll(() => stack?.destroy());

/** Changes something of every kind. */
function change(word: string): void {
  sql(stack, `CREATE TABLE IF NOT EXISTS word (w text); TRUNCATE word; INSERT INTO word VALUES ('${word}')`);
  redis(stack, 'SET', 'word', word);
  inFiles(stack, `cd "$1"; printf '%s' '${word}' > word; touch 'file ${word}'`, 'tally');
}

/** What there is of every kind. */
function state(): string {
  return JSON.stringify([
    sql(stack, 'SELECT w, (SELECT count(*) FROM things), (SELECT sum(n) FROM things) FROM word'),
    sql(
      stack,
      "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    ),
    redis(stack, 'GET', 'word'),
    redisCli(stack, ['SELECT 2', 'DBSIZE']),
    inFiles(stack, 'cd "$1"; cat word; ls -A | grep -v slipway', 'tally'),
  ]);
}

/** Redis is nobody's replica, and so takes writes; Postgres lets the app in. */
function expectOpen(): void {
  expect(redis(stack, 'SET', 'written', 'now')).toBe('OK');
  redis(stack, 'DEL', 'written');
  expect(sql(stack, 'SET ROLE app; INSERT INTO things VALUES (0); DELETE FROM things WHERE n = 0; SELECT 1')).toBe('1');
  expect(sql(stack, 'SELECT count(*) FROM pg_database WHERE NOT datallowconn', 'postgres')).toBe('1');
}

const isFree = async () => (await engine.listContainers({ all: true, filters: { name: [`^/${stack.name}-deck$`] } })).length === 0;

/** Waits until neither the lock nor a restore's process in the cron container is there any more. */
async function untilOver(): Promise<void> {
  const cron = await stack.container('', 'cron');
  await expect
    .poll(() => processesOf(cron).filter(({ command }) => /cron\.mjs restore/.test(command)), { timeout: 30_000, interval: 100 })
    .toEqual([]);
  await expect.poll(isFree, { timeout: 30_000, interval: 50 }).toBe(true);
}

/** Starts a restore, and does something to it when a step has ended. @returns how it ended */
async function stopped(step: string, how: (pid: number) => Promise<void> | void) {
  const running = startRestore(stack, ['latest', '--yes']);
  await running.says(new RegExp(`✓ ${step}`));
  await how(running.pid);
  const ended = await running.ended;
  await untilOver();
  return ended;
}

const killCli = (pid: number) => void process.kill(pid, 'SIGKILL');
async function killSidecar(): Promise<void> {
  const cron = await stack.container('', 'cron');
  const [process] = processesOf(cron).filter(({ command }) => /^node .*cron\.mjs restore/.test(command));
  if (process) inBase(stack, 'cron', ['kill', '-9', String(process.pid)]);
}

describe('SIGKILL of the command', () => {
  test.each(before)('after "%s" leaves what is live', async (step) => {
    const ended = await stopped(step, killCli);
    expect(ended.signal).toBe('SIGKILL');
    // The kill may come after Redis has taken the set over: then all of the set is live, never a part of it.
    expect([live, ...(step === before.at(-1) ? [ofSet] : [])]).toContain(state());
    expectOpen();
    if (state() === ofSet) await restored<'undone'>(stack, '--undo');
    expect(databases(stack).filter((name) => /_restore_/.test(name)).length).toBeLessThanOrEqual(1);
  });

  test.each(after)('after "%s" leaves all of the set live, and it can be undone', async (step) => {
    await stopped(step, killCli);
    expect(state()).toBe(ofSet);
    expectOpen();
    await restored<'undone'>(stack, '--undo');
    expect(state()).toBe(live);
  });

  test('while the public is turned away is put in order by the next command', async () => {
    await stopped('turn the public away', killCli);
    expect((await stack.fetch('/')).status).toBe(503);
    expect(await restored<'forgotten'>(stack, '--forget')).toMatchObject({ outcome: 'forgotten' });
    expect((await stack.fetch('/')).status).toBe(200);
    expect(state()).toBe(live);
  });
});

describe('SIGKILL of the process in the cron container', () => {
  test.each(before)('after "%s": the command takes everything back, and the public is let in', async (step) => {
    const ended = await stopped(step, killSidecar);
    if (step !== before.at(-1) || ended.exitCode === 1) {
      expect(ended.exitCode, ended.stderr).toBe(1);
      expect(ended.stderr).toMatch(/the live data are what they were/);
      expect(state()).toBe(live);
    } else {
      // It had got everything into its place by then, and says so.
      expect(ended.stderr).toMatch(/it is done and stands/);
      expect(state()).toBe(ofSet);
      await restored<'undone'>(stack, '--undo');
    }
    expectOpen();
    expect((await stack.fetch('/')).status).toBe(200);
  });
});

describe('SIGKILL of both', () => {
  test('in the middle of the swap leaves each kind whole, and the next command puts all of it in order', async () => {
    await stopped('swap the files', async (pid) => {
      // Halted, the command cannot put it in order before it is killed.
      process.kill(pid, 'SIGSTOP');
      await killSidecar();
      killCli(pid);
    });
    const next = await restored<'tidied'>(stack, '--undo');
    expect(next).toMatchObject({
      outcome: 'tidied',
      mended: expect.arrayContaining([expect.stringMatching(/which was cut off, (was taken back|had been complete)/)]),
    });
    if (state() === ofSet) await restored<'undone'>(stack, '--undo');
    expect(state()).toBe(live);
    expectOpen();
    expect((await stack.fetch('/')).status).toBe(200);
  });
});

describe('Ctrl-C', () => {
  test.each(['restore app', 'swap the files'])('after "%s" takes everything back: exit code 130', async (step) => {
    const ended = await stopped(step, (pid) => void process.kill(pid, 'SIGINT'));
    expect(ended.exitCode, ended.stderr).toBe(130);
    expect(state()).toBe(live);
    expectOpen();
    expect((await stack.fetch('/')).status).toBe(200);
  });
});

describe('after all that', () => {
  test('a restore works, and so does undoing it', async () => {
    await restored(stack, 'latest');
    expect(state()).toBe(ofSet);
    expectOpen();
    await restored<'undone'>(stack, '--undo');
    expect(state()).toBe(live);
    await restored<'forgotten'>(stack, '--forget');
    expect(databases(stack)).toEqual(['app', 'postgres']);
    expect(inBase(stack, 'cron', ['ls', '/var/lib/slipway/scratch'])).not.toMatch(/work-|restore-/);
    expect((await stack.fetch('/')).status).toBe(200);
  });
});
