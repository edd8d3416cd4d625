import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blockBackups, cronMetrics, listenForHooks, nextMinute, untilBlocked, untilLogged } from '../helpers/cron-container.js';
import type { Hook } from '../helpers/hook.js';
import { createStack, type Stack } from '../helpers/stack.js';

let stack: Stack;
let hook: Hook;
let release: () => Promise<void>;
/** When the one backup of this file is due. */
let due: Date;

beforeAll(async () => {
  stack = await createStack({ BACKUP_SCHEDULE: 'off', BACKUP_DRILL_SCHEDULE: 'off', VACUUM_SCHEDULE: 'off' });
  await done('base', 'up');
  hook = await listenForHooks(stack);
  const next = nextMinute(10_000);
  due = next.at;
  stack.set({ BACKUP_WEBHOOK_URL: hook.url, BACKUP_SCHEDULE: next.expression });
  await done('base', 'upgrade', '--yes');
  release = await blockBackups(stack);
});
afterAll(async () => {
  await release?.();
  await hook?.close();
  await stack?.destroy();
});

async function done(command: string, ...words: string[]): Promise<Record<string, unknown>> {
  const ended = await stack.start(command, words).ended;
  expect(ended.exitCode, ended.stderr).toBe(0);
  return ended.json;
}

/** Starts the cron container again. @returns when */
async function started(): Promise<Date> {
  const before = new Date();
  await (await stack.container('', 'cron')).start();
  return before;
}

const began = (since: Date) => untilLogged(stack, since, ({ event }) => event === 'backup-began');
const list = async () =>
  (await done('backup', 'list')) as unknown as { sets: { manifest: { set: string; reason: string } }[]; incomplete: { touched: string }[] };

test('a backup that was due while the container was down is caught up', async () => {
  await (await stack.container('', 'cron')).stop();
  await delay(due.getTime() + 1_000 - Date.now());
  const since = await started();
  expect(await began(since)).toMatchObject({ reason: 'catch-up' });
});

test('a stop in the middle of it breaks it off in time, and leaves nothing', async () => {
  await untilBlocked(stack);
  expect(await cronMetrics(stack)).toMatchObject({ 'slipway_backup_running{job="backup"}': 1 });
  const before = performance.now();
  const cron = await stack.container('', 'cron');
  await cron.stop();
  expect(performance.now() - before).toBeLessThan(20_000);
  expect((await cron.inspect()).State.ExitCode, 'it was not killed').not.toBe(137);
  const since = await started();
  const { sets, incomplete } = await list();
  // What the next try has stored by now does not count.
  expect([sets, incomplete.filter(({ touched }) => new Date(touched) < since)]).toEqual([[], []]);
  expect((await began(since)).reason, 'it begins again at once').toBe('catch-up');
});

test('a kill in the middle of it leaves no set, is told, and is not tried again at once', async () => {
  await untilBlocked(stack);
  await (await stack.container('', 'cron')).kill();
  const since = await started();
  await untilLogged(stack, since, ({ event }) => event === 'webhook');
  expect(hook.received).toEqual([
    expect.objectContaining({ event: 'failure', job: 'backup', kind: 'other', message: expect.stringContaining('killed in the middle') }),
  ]);
  expect((await list()).sets).toEqual([]);
  const metrics = await cronMetrics(stack);
  expect(metrics).toMatchObject({
    'slipway_backup_running{job="backup"}': 0,
    'slipway_backup_failures_total{job="backup",kind="other"}': 1,
    slipway_backup_healthy: 0,
  });
  // Five minutes after the start that found it out.
  const next = metrics['slipway_backup_job_next_timestamp_seconds{job="backup"}'] ?? 0;
  expect(next * 1_000 - since.getTime()).toBeGreaterThan(290_000);
});

test('the next run succeeds, and restores', async () => {
  await release();
  const { set } = (await done('backup', 'run')) as unknown as { set: { set: string } };
  expect((await list()).sets.map(({ manifest }) => manifest.set)).toEqual([set.set]);
  await done('backup', 'drill');
  await expect.poll(() => hook.received.at(-1), { timeout: 30_000 }).toMatchObject({ event: 'recovery', set: set.set });
  expect(await cronMetrics(stack)).toMatchObject({ slipway_backup_healthy: 1, slipway_backup_sets: 1 });
});
