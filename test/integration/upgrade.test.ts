import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ended } from '../helpers/process.js';
import { createStack, expectNothingLost, type LoadSummary, type Stack } from '../helpers/stack.js';
import { listenToEvents, type Seen, talkOverWebSocket, uploadSlowly } from '../helpers/streams.js';

const DRAIN_SECONDS = 22;
let stack: Stack;

beforeAll(async () => {
  stack = await createStack({ DRAIN_TIMEOUT: `${DRAIN_SECONDS}s` });
  await stack.deployed('t1');
});
afterAll(() => stack?.destroy());

describe('an upgrade under load', () => {
  let result: Ended;
  let load: LoadSummary;
  beforeAll(async () => {
    ({ result, load } = await stack.underLoad(() => stack.deployed('t2'), { path: '/api/jobs', body: '{"payload":{"ms":1}}' }));
  });

  test('loses no request and has none answered with an error', () => {
    expectNothingLost(load);
    expect(result.json).toMatchObject({ outcome: 'deployed', version: 't2', colour: 'green' });
  });

  test('moves all traffic, stops the old colour and moves the workers', async () => {
    expect(await stack.live()).toEqual({ release: 't2', colour: 'green' });
    expect(await stack.running('blue')).toEqual([]);
    expect(await stack.running('green')).toEqual(['backend', 'backend', 'backend-jobs', 'frontend', 'scheduler', 'worker']);
  });

  test('does every job that was posted meanwhile, exactly once', async () => {
    const summary = async () => JSON.parse((await stack.fetch('/api/jobs/summary')).body);
    await expect.poll(summary, { timeout: 30_000 }).toEqual({ queued: 0, processing: 0, duplicates: 0, done: load.posted });
    expect(await stack.sql('SELECT DISTINCT version FROM jobs_done ORDER BY 1')).toEqual(['t1', 't2']);
  });

  test('hands the scheduler over: the old one has stopped before the new one starts', async () => {
    const rows = await stack.sql('SELECT version, stopped_at IS NOT NULL FROM scheduler_runs ORDER BY started_at');
    expect(rows).toEqual(['t1|t', 't2|f']);
    const inOrder = `SELECT old.stopped_at < new.started_at FROM scheduler_runs old, scheduler_runs new WHERE old.version = 't1' AND new.version = 't2'`;
    expect(await stack.sql(inOrder)).toEqual(['t']);
  });
});

describe('what is in flight across a cut', () => {
  let slow: Promise<{ status: number; body: string }>;
  let upload: Promise<{ status: number; version: string; bytes: number }>;
  let events: Seen;
  let socket: Seen;
  let cutAt: number;

  beforeAll(async () => {
    const listening = listenToEvents(stack.port);
    const talking = talkOverWebSocket(stack.port);
    await Promise.all([listening.opened, talking.opened]);
    const deploying = stack.startDeploy('t3');
    await deploying.says(/✓ start backend/);
    slow = stack.fetch('/api/slow?seconds=20');
    upload = uploadSlowly(stack.port, 15_000);
    await deploying.says(/✓ cut from green to blue/);
    cutAt = performance.now();
    const result = await deploying.ended;
    expect(result.exitCode, result.stderr).toBe(0);
    [events, socket] = await Promise.all([listening.ended, talking.ended]);
  });

  test('a request of 20 s ends on the old colour with 200', async () => {
    const { status, body } = await slow;
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ version: 't2', colour: 'green' });
  });

  test('an upload ends with 201, whole', async () => {
    expect(await upload).toEqual({ status: 201, version: 't2', bytes: 60 * 16 * 1024 });
  });

  test('server-sent events come from the old colour until DRAIN_TIMEOUT, then the connection is closed', () => {
    expect(events.versions).toEqual(['t2']);
    expect(events.messages).toBeGreaterThan(DRAIN_SECONDS - 2);
    expect(events.closed - cutAt).toBeGreaterThan((DRAIN_SECONDS - 1) * 1_000);
    expect(events.closed - cutAt).toBeLessThan((DRAIN_SECONDS + 3) * 1_000);
  });

  test('a websocket talks to the old colour until DRAIN_TIMEOUT, then the connection is closed', () => {
    expect(socket.versions).toEqual(['t2']);
    expect(socket.messages).toBeGreaterThan((DRAIN_SECONDS - 2) * 2);
    expect(socket.closed - cutAt).toBeGreaterThan((DRAIN_SECONDS - 1) * 1_000);
    expect(socket.closed - cutAt).toBeLessThan((DRAIN_SECONDS + 3) * 1_000);
  });

  test('both reach the new colour when they connect again', async () => {
    const listening = listenToEvents(stack.port);
    const talking = talkOverWebSocket(stack.port);
    await Promise.all([listening.opened, talking.opened]);
    listening.close();
    talking.close();
    expect((await listening.ended).versions).toEqual(['t3']);
    expect((await talking.ended).versions).toEqual(['t3']);
  });

  test('the old colour is stopped once all of them have ended', async () => {
    expect(await stack.running('green')).toEqual([]);
    expect(await stack.live()).toEqual({ release: 't3', colour: 'blue' });
  });
});
