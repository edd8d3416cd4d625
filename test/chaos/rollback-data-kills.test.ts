import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Step } from '../../scripts/lib/restore/rollback/plan.js';
import { makeSet } from '../helpers/backups.js';
import { type Contracting, createContracting, inOrder, stateOf } from '../helpers/contracting.js';
import { engine } from '../helpers/leftovers.js';
import type { Running } from '../helpers/process.js';
import type { Stack } from '../helpers/stack.js';

let stack: Stack;
let good: Contracting['good'];
/** What t2 goes live with again. */
let newest: string;
let steps: Step[];

const start = (...words: string[]): Running => stack.start('rollback', [...words, '--skip-safety-set', '--yes']);

async function worked(running: Running): Promise<void> {
  const { exitCode, stderr } = await running.ended;
  expect(exitCode, stderr).toBe(0);
}

/** Kills it once it has said something and a little later, and waits until its lock is free. */
async function killed(running: Running, words: RegExp, later: number): Promise<void> {
  await Promise.race([running.says(words), running.ended]);
  await delay(later);
  const gone = engine.getContainer(`${stack.name}-deck`).wait({ condition: 'removed' });
  running.kill('SIGKILL');
  const [{ signal, exitCode, stderr }] = await Promise.all([running.ended, gone.catch(() => {})]);
  // Whatever is killed at its very end may have ended well by then.
  expect(signal === 'SIGKILL' || exitCode === 0, stderr).toBe(true);
  expect(stderr).toMatch(words);
}

/** Each release has its own data, and whoever had to be turned away is let in. */
async function settled(): Promise<keyof typeof inOrder> {
  const state = await stateOf(stack);
  const release = state.release as keyof typeof inOrder;
  expect(state).toEqual(inOrder[release]);
  expect((await stack.start('status', []).ended).json.problems).toEqual([]);
  return release;
}

async function backToT2(): Promise<void> {
  if ((await settled()) === 't2') return;
  await worked(start('t2', '--restore-data', newest));
  expect(await settled()).toBe('t2');
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\d{8}_\d{6}/g, '\\d{8}_\\d{6}');

describe.skipIf(process.env.CHAOS !== 'full')('going back with the data', () => {
  beforeAll(async () => {
    ({ stack, good } = await createContracting());
    newest = (await makeSet(stack, '--only', 'postgres')).set;
    const { json } = await stack.start('rollback', ['--restore-data', good, '--skip-safety-set', '--dry-run']).ended;
    steps = json.steps as Step[];
  });
  afterAll(() => stack?.destroy());

  test(
    'killed right after each step, and in the middle of the next, is put in order by --resume',
    async () => {
      for (const [index, { title }] of steps.entries()) {
        await killed(start('--restore-data', good), new RegExp(`✓ ${escaped(title)}`), index % 2 === 0 ? 0 : Math.random() * 400);
        const { exitCode, stderr } = await stack.start('deploy', ['--resume']).ended;
        expect(exitCode, `killed after "${title}": ${stderr}`).toBe(0);
        await backToT2();
      }
    },
    40 * 60_000,
  );

  test(
    'killed while what was cut off is undone is put in order by the next',
    async () => {
      for (const words of [/undone: bring the data/, /undone: start t2 again/, /undone: let the public in/]) {
        await killed(start('--restore-data', good), /✓ ask whether/, 0);
        await killed(stack.start('deploy', ['--abort']), words, 0);
        const { exitCode, stderr } = await stack.start('deploy', ['--abort']).ended;
        expect(exitCode, stderr).toBe(0);
        expect(await settled()).toBe('t2');
      }
    },
    20 * 60_000,
  );

  test('after the cut is undone by --abort', async () => {
    await killed(start('--restore-data', good), /✓ cut from/, 0);
    const { exitCode, stderr, json } = await stack.start('deploy', ['--abort']).ended;
    expect(exitCode, stderr).toBe(0);
    expect(json).toMatchObject({ outcome: 'recovered', what: 'undone' });
    expect(await settled()).toBe('t2');
  }, 300_000);

  test('whose release dies after the cut leaves everything as it was', async () => {
    const running = start('--restore-data', good);
    await running.says(/✓ cut from/);
    await (await stack.container('blue', 'backend')).remove({ force: true });
    const { exitCode, stderr } = await running.ended;
    expect(exitCode, stderr).toBe(1);
    expect(await settled()).toBe('t2');
  }, 300_000);

  test.each(['restore app', 'swap the databases', 'cut from'])(
    'stopped by Ctrl-C after "%s" leaves everything as it was',
    async (step) => {
      const running = start('--restore-data', good);
      await running.says(new RegExp(`✓ ${step}`));
      running.kill('SIGINT');
      const { exitCode, stderr } = await running.ended;
      expect(exitCode, stderr).toBe(130);
      expect(await settled()).toBe('t2');
    },
    300_000,
  );
});
