import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RollbackWithDataResult } from '../../scripts/lib/restore/rollback/rollback.js';
import { type Contracting, createContracting, inOrder, notesOf, stateOf } from '../helpers/contracting.js';
import { engine } from '../helpers/leftovers.js';
import type { Ended, Running } from '../helpers/process.js';
import { databases } from '../helpers/restores.js';
import type { Stack } from '../helpers/stack.js';

type Done = Extract<RollbackWithDataResult, { outcome: 'rolled-back' }>;

const CONTRACT = 'contract:004_tags.contract';

let stack: Stack;
let [good, bad]: [Contracting['good'], Contracting['bad']] = ['', ''];
/** What was taken of the data that a rollback replaced. */
let safety = '';

beforeAll(async () => {
  ({ stack, good, bad } = await createContracting());
});
afterAll(() => stack?.destroy());

const start = (...words: string[]): Running => stack.start('rollback', [...words, '--yes']);
const rollback = (...words: string[]): Promise<Ended> => stack.start('rollback', words).ended;

/** Kills a rollback once it has said something, and waits until its lock is free. */
async function killedAfter(step: string, ...words: string[]): Promise<void> {
  const running = start(...words);
  await running.says(new RegExp(`✓ ${step}`));
  const gone = engine.getContainer(`${stack.name}-deck`).wait({ condition: 'removed' });
  running.kill('SIGKILL');
  await Promise.all([gone.catch(() => {}), running.ended]);
}

describe('across a contracting migration', () => {
  test('a rollback is refused, and names the set to go back to', async () => {
    const { exitCode, stderr } = await rollback();
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toMatch(new RegExp(`${CONTRACT}[\\s\\S]*--migrate-down[\\s\\S]*--restore-data ${good} [\\s\\S]*--force`));
  });

  test('--dry-run shows each step, and changes nothing', async () => {
    const { json, stderr, exitCode } = await rollback('--restore-data', good, '--dry-run');
    expect(exitCode, stderr).toBe(0);
    expect(json).toMatchObject({ outcome: 'planned', version: 't1', from: 't2', contracts: [CONTRACT] });
    expect((json.steps as { id: string }[]).map(({ id }) => id)).toEqual([
      'base',
      'safety-set',
      'roles',
      'load-database app',
      'stop-behind',
      'maintenance-on',
      'stop-all',
      'swap-postgres',
      'ask',
      'start-web',
      'healthy',
      'stage',
      'create-workers',
      'check',
      'cut',
      'verify',
      'start-workers',
      'maintenance-off',
      'record',
    ]);
    expect(await stateOf(stack)).toEqual(inOrder.t2);
  });

  test.each<[string, number, RegExp, ...string[]]>([
    ['nobody is there to answer', 2, /nobody is here to answer/],
    ['there is no such set', 2, /20200101_000000: there is no such set/, '20200101_000000', '--yes'],
    ['another way is named as well', 2, /--restore-data: goes without --force/, 'latest', '--force', '--yes'],
  ])('it is refused when %s', async (_, code, said, set = good, ...words) => {
    const { exitCode, stderr } = await rollback('--restore-data', set, ...words);
    expect(exitCode, stderr).toBe(code);
    expect(stderr).toMatch(said);
  });

  test('a release that fails its checks on the data leaves everything as it was', async () => {
    const before = databases(stack);
    const { exitCode, stderr } = await start('--restore-data', bad, '--skip-safety-set').ended;
    expect(exitCode, stderr).toBe(1);
    expect(stderr).toMatch(/check blue through the edge[\s\S]*everything was undone: t2/);
    expect(await stateOf(stack)).toEqual(inOrder.t2);
    expect(databases(stack)).toEqual(before);
    expect((await rollback()).stderr).toContain(CONTRACT);
  });

  test('killed once the databases are swapped, it keeps the public out and the other commands away', async () => {
    await killedAfter('swap the databases', '--restore-data', good);
    expect((await stack.fetch('/api/notes')).status).toBe(503);
    for (const [command, ...words] of [
      ['deploy', 't2', '--force'],
      ['restore', '--forget', '--yes'],
      ['maintenance', 'off'],
    ] as const) {
      const { exitCode, stderr } = await stack.start(command, words).ended;
      expect(exitCode, stderr).toBe(4);
      expect(stderr).toMatch(/was cut off at "(swap-postgres|ask)"[\s\S]*--resume/);
    }
    expect((await rollback('--restore-data', good, '--dry-run')).json).toMatchObject({ outcome: 'cut-off', first: 'undone' });
  });

  test('typed again it goes back: the rows of the set are there, and those since are kept beside', async () => {
    const { exitCode, stderr, json } = await start('--restore-data', good).ended;
    expect(exitCode, stderr).toBe(0);
    const { kept, safetySet, ...done } = json as unknown as Done;
    expect(done).toMatchObject({ outcome: 'rolled-back', from: 't2', version: 't1', set: good });
    expect(await stateOf(stack)).toEqual(inOrder.t1);
    expect(kept).toEqual([expect.stringMatching(/^app_before_/)]);
    expect(notesOf(stack, kept[0])).toEqual(['of the set', 'since']);
    expect((await stack.start('status', []).ended).json.problems).toEqual([]);
    safety = safetySet ?? '';
  });

  test('goes forward again the same way, with what its safety set has', async () => {
    const { exitCode, stderr } = await start('t2', '--restore-data', safety).ended;
    expect(exitCode, stderr).toBe(0);
    expect(await stateOf(stack)).toEqual(inOrder.t2);
    // The data have brought the migration back.
    expect((await rollback('t1')).stderr).toContain(CONTRACT);
  });

  test('killed once it has cut, it is finished when it is typed again', async () => {
    await killedAfter('cut from', '--restore-data', good, '--skip-safety-set');
    expect((await stack.fetch('/api/notes')).status).toBe(503);
    const { exitCode, stderr, json } = await start('--restore-data', good).ended;
    expect(exitCode, stderr).toBe(0);
    expect(json).toEqual({ outcome: 'finished', version: 't1', set: good });
    expect(await stateOf(stack)).toEqual(inOrder.t1);
  });
});
