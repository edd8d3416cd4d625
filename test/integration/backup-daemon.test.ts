import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  askCron,
  blockBackups,
  callCron,
  cronMetrics,
  listenForHooks,
  nextMinute,
  untilBlocked,
  untilLogged,
} from '../helpers/cron-container.js';
import type { Hook } from '../helpers/hook.js';
import { createStack, type Stack } from '../helpers/stack.js';

let stack: Stack;
let hook: Hook;

beforeAll(async () => {
  stack = await createStack({ BACKUP_SCHEDULE: 'off', BACKUP_DRILL_SCHEDULE: 'off', VACUUM_SCHEDULE: 'off' });
});
afterAll(async () => {
  await hook?.close();
  await stack?.destroy();
});

async function done(command: string, ...words: string[]): Promise<Record<string, unknown>> {
  const ended = await stack.start(command, words).ended;
  expect(ended.exitCode, ended.stderr).toBe(0);
  return ended.json;
}

const backup = (...words: string[]) => done('backup', ...words) as Promise<{ set: { set: string; began: string; ended: string } }>;
const health = async () => {
  const { status, body } = await askCron(stack, '/health');
  return { code: status, ...(JSON.parse(body) as { reasons: string[] }) };
};

test('a schedule that could never fire is refused before anything is started', async () => {
  stack.set({ BACKUP_SCHEDULE: '61 2 * * *', VACUUM_SCHEDULE: '0 0 30 2 *' });
  const { exitCode, stderr } = await stack.start('base', ['up']).ended;
  expect(exitCode, stderr).toBe(2);
  expect(stderr).toMatch(/BACKUP_SCHEDULE: should be a cron expression such as "0 2 \* \* \*", got "61 2 \* \* \*"/);
  expect(stderr).toMatch(/VACUUM_SCHEDULE: should be .*such a day never comes/);
  expect(await stack.containers()).toEqual([]);
});

describe('in a fresh stack', () => {
  test('there is no backup yet, and nothing is wrong with that', async () => {
    stack.set({ BACKUP_SCHEDULE: 'off', VACUUM_SCHEDULE: 'off' });
    await done('base', 'up');
    hook = await listenForHooks(stack);
    // The container's secrets are read anew for each run: it need not be made anew for them.
    stack.set({ BACKUP_WEBHOOK_URL: hook.url });
    await done('base', 'up');
    expect(await health()).toMatchObject({ code: 200, status: 'healthy', reasons: [] });
    expect(await cronMetrics(stack)).toMatchObject({
      slipway_backup_last_success_timestamp_seconds: 0,
      slipway_backup_sets: 0,
      slipway_backup_healthy: 1,
    });
    expect((await done('status')).backups).toMatchObject({ report: { sets: 0, jobs: { backup: { schedule: 'off' } } } });
  });

  test('VACUUM goes through all tables of all databases', async () => {
    expect((await callCron(stack, 'vacuum')).at(-1)).toMatchObject({
      event: 'result',
      result: { databases: ['app', 'postgres'], skipped: [], tables: expect.any(Number) },
    });
    expect(await stack.sql("SELECT bool_and(last_vacuum IS NOT NULL) FROM pg_stat_sys_tables WHERE schemaname = 'pg_catalog'")).toEqual([
      't',
    ]);
  });
});

test('what was made and drilled by hand is in the metrics at once', async () => {
  const { set } = await backup('run');
  await backup('drill');
  const seconds = (moment: string) => Date.parse(moment) / 1_000;
  const metrics = await cronMetrics(stack);
  expect(metrics).toMatchObject({
    slipway_backup_last_success_timestamp_seconds: seconds(set.ended),
    slipway_backup_duration_seconds: expect.closeTo(seconds(set.ended) - seconds(set.began), 3),
    slipway_backup_sets: 1,
    'slipway_backup_store_up{store="local"}': 1,
  });
  expect(metrics.slipway_backup_bytes).toBeGreaterThan(1_000);
  expect(metrics.slipway_backup_restore_seconds).toBeGreaterThan(0);
  expect(metrics.slipway_backup_last_verified_timestamp_seconds).toBeGreaterThan(seconds(set.ended));
  expect((await done('status')).backups).toMatchObject({ report: { newest: { set: set.set }, sets: 1, reasons: [] } });
});

test('two runs at once: the second says who is in its way, and is no failure', async () => {
  const release = await blockBackups(stack);
  const first = stack.start('backup', ['run']);
  await untilBlocked(stack);
  const second = await stack.start('backup', ['run']).ended;
  expect([second.exitCode, second.stderr]).toEqual([3, expect.stringMatching(/another backup, restore or drill of this stack is running/)]);
  expect(await cronMetrics(stack)).toMatchObject({ 'slipway_backup_running{job="backup"}': 1 });
  await release();
  expect((await first.ended).exitCode).toBe(0);
  expect(await cronMetrics(stack)).toMatchObject({
    'slipway_backup_running{job="backup"}': 0,
    'slipway_backup_failures_total{job="backup",kind="lock"}': 0,
    slipway_backup_sets: 2,
  });
});

test('VACUUM leaves out what is locked, and gives way to whoever wants to lock a table', async () => {
  const release = await blockBackups(stack);
  await stack.sql("CREATE SCHEMA a; CREATE TABLE a.large AS SELECT i, repeat('x', 1000) FROM generate_series(1, 20000) i");
  // So slowly that it takes a minute, were it not for the one who wants to change the table.
  await stack.sql('ALTER DATABASE app SET vacuum_cost_delay = 2');
  await stack.sql('ALTER DATABASE app SET vacuum_cost_limit = 1');
  const vacuum = callCron(stack, 'vacuum');
  await expect.poll(() => stack.sql('SELECT relid::regclass FROM pg_stat_progress_vacuum'), { timeout: 20_000 }).toEqual(['a.large']);
  const before = performance.now();
  await stack.sql('ALTER TABLE a.large ADD COLUMN later int');
  expect(performance.now() - before).toBeLessThan(4_000);
  await stack.sql('ALTER DATABASE app RESET ALL');
  expect((await vacuum).at(-1)).toMatchObject({ result: { skipped: ['app: a.large', 'app: public.blocking'] } });
  await release();
});

describe('when Redis is away', () => {
  test('a run fails, /health and status say why, and the webhook is told without a secret', async () => {
    const redis = await stack.container('', 'redis');
    await redis.stop();
    const { exitCode } = await stack.start('backup', ['run']).ended;
    expect(exitCode).toBe(1);
    expect(await health()).toMatchObject({
      code: 503,
      status: 'unhealthy',
      reasons: [expect.stringMatching(/^the last backup failed: .*redis/i)],
    });
    expect(await cronMetrics(stack)).toMatchObject({
      'slipway_backup_failures_total{job="backup",kind="redis"}': 1,
      'slipway_backup_failing{job="backup"}': 1,
      slipway_backup_sets: 2,
    });
    expect((await done('status')).problems).toContainEqual(expect.stringMatching(/^backups: the last backup failed/));
    await expect.poll(() => hook.received.length, { timeout: 30_000 }).toBe(1);
    expect(hook.received[0]).toMatchObject({
      stack: stack.name,
      event: 'failure',
      job: 'backup',
      kind: 'redis',
      text: expect.stringContaining(stack.name),
    });
    for (const secret of [...stack.secrets, hook.url]) expect(JSON.stringify(hook.received)).not.toContain(secret);
    await redis.start();
    await done('base', 'up');
  });

  test('the webhook is told that it works again, once', async () => {
    const { set } = await backup('run');
    await expect.poll(() => hook.received.length, { timeout: 30_000 }).toBe(2);
    expect(hook.received[1]).toMatchObject({ event: 'recovery', job: 'backup', set: set.set });
    expect(await health()).toMatchObject({ code: 200, status: 'healthy', reasons: [] });
  });
});

test('a backup is made when its schedule says so, and what is known survives that the container is made anew', async () => {
  const before = await cronMetrics(stack);
  const due = nextMinute(10_000);
  stack.set({ BACKUP_SCHEDULE: due.expression });
  await done('base', 'upgrade', '--yes');
  const began = await untilLogged(stack, due.at, ({ event }) => event === 'backup-began');
  expect(began.reason).toBe('schedule');
  expect(Date.parse(began.time) - due.at.getTime()).toBeLessThan(2_000);
  await untilLogged(stack, due.at, ({ event }) => event === 'backup-done');
  const { sets } = (await done('backup', 'list')) as unknown as { sets: { manifest: { reason: string } }[] };
  expect(sets[0]?.manifest.reason).toBe('schedule');
  const after = await cronMetrics(stack);
  expect(after).toMatchObject({
    slipway_backup_sets: (before.slipway_backup_sets ?? 0) + 1,
    'slipway_backup_failures_total{job="backup",kind="redis"}': 1,
  });
  expect(after['slipway_backup_job_next_timestamp_seconds{job="backup"}']).toBe(due.at.getTime() / 1_000 + 3_600);
});
