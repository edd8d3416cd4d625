import { execFileSync, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engine } from '../helpers/leftovers.js';
import { start } from '../helpers/process.js';
import { createStack, expectNothingLost, type Stack } from '../helpers/stack.js';
import { listenToEvents } from '../helpers/streams.js';

const all = ['backend', 'backend', 'backend-jobs', 'frontend', 'scheduler', 'worker'];
let stack: Stack;

beforeAll(async () => {
  stack = await createStack({}, { quick: true });
  await stack.deployed('t1');
});
afterAll(() => stack?.destroy());

/** t1 serves in blue with everything that belongs to it; of green nothing is there. */
async function expectOnlyT1(): Promise<void> {
  expect(await stack.live()).toEqual({ release: 't1', colour: 'blue' });
  expect(await stack.running('blue')).toEqual(all);
  expect(await stack.containers('green')).toEqual([]);
}

describe('an older fencing token', () => {
  test.each(['cut', 'stage', 'unstage', 'revert'])('cannot %s: exit code 75, and what is live stays', async (command) => {
    const { id } = await stack.container('', 'edge');
    const { status, stderr } = spawnSync('docker', ['exec', '-i', id, 'edge', command, '0'], { input: '', encoding: 'utf8' });
    expect(status).toBe(75);
    expect(stderr).toBe('edge: token 0 is too old: another operation holds token 1\n');
    expect(await stack.live()).toEqual({ release: 't1', colour: 'blue' });
  });
});

describe('Ctrl-C', () => {
  test('during the wait for health undoes everything: exit code 130, no request is lost', async () => {
    const { result, load } = await stack.underLoad(async () => {
      const env = { SAMPLE_BREAK: 'never-healthy', HEALTH_TIMEOUT: '60s' };
      const deploying = stack.startDeploy('t2', { env });
      await deploying.says(/✓ start backend/);
      deploying.kill('SIGINT');
      return deploying.ended;
    });
    expect(result.exitCode, result.stderr).toBe(130);
    expect(result.stderr).toMatch(/^✗ .*interrupted$/m);
    expectNothingLost(load);
    await expectOnlyT1();
  });

  test('of a terminal, which reaches npx, zx and the command alike, undoes everything as well', async () => {
    const env = { SAMPLE_BREAK: 'never-healthy', HEALTH_TIMEOUT: '60s' };
    const deploying = start(['npx', 'zx', 'scripts/deploy.mjs', 't2', '--dotenv', stack.dotenv], env, { group: true });
    await deploying.says(/✓ start backend/);
    deploying.kill('SIGINT');
    const result = await deploying.ended;
    expect(result.stdout).toMatch(/undone: remove what was started in green/);
    // npx ends itself by the signal, which a shell shows as 130.
    expect([130, 'SIGINT'], result.stderr).toContain(result.exitCode ?? result.signal);
    await expectOnlyT1();
  });

  test('during the checks undoes everything', async () => {
    const deploying = stack.startDeploy('t2', { env: { SAMPLE_BREAK: 'error-500' } });
    await deploying.says(/✓ put green on the staging port/);
    deploying.kill('SIGINT');
    const result = await deploying.ended;
    expect(result.exitCode, result.stderr).toBe(130);
    await expectOnlyT1();
  });

  test('during the drain cuts back: exit code 130, the old workers go on, no request is lost', async () => {
    const holding = listenToEvents(stack.port);
    await holding.opened;
    const { result, load } = await stack.underLoad(async () => {
      const deploying = stack.startDeploy('t2');
      await deploying.says(/✓ hand over .*scheduler/);
      deploying.kill('SIGINT');
      return deploying.ended;
    });
    await holding.ended;
    expect(result.exitCode, result.stderr).toBe(130);
    expectNothingLost(load);
    await expectOnlyT1();
  });

  test('leaves a stack that the next deploy finds in order', async () => {
    const { json } = await stack.deployed('t3');
    expect(json).toMatchObject({ version: 't3', colour: 'green' });
    expect(await stack.running('blue')).toEqual([]);
  });
});

describe('the lock', () => {
  test('lets one of two deploys through: the other exits with 3 and names the first', async () => {
    const first = stack.startDeploy('t4');
    await first.says(/✓ get the images/);
    const second = await stack.deploy('t5');
    expect(second.exitCode, second.stderr).toBe(3);
    expect(second.stderr).toMatch(/^✗ another operation holds the lock: deploy t4, by .*@.* \(process \d+\), since 20\d\d-/m);
    expect(second.stderr).not.toContain('undone');
    const done = await first.ended;
    expect(done.exitCode, done.stderr).toBe(0);
    expect(await stack.live()).toEqual({ release: 't4', colour: 'blue' });
  });

  test('of a deployer that was killed is free within 2 s, the old colour serves, and the next deploy works', async () => {
    const killed = stack.startDeploy('t5', { env: { SAMPLE_BREAK: 'never-healthy', HEALTH_TIMEOUT: '60s' } });
    await killed.says(/✓ start backend/);
    const deck = engine.getContainer(`${stack.name}-deck`);
    const gone = deck.wait({ condition: 'removed' });
    const began = performance.now();
    killed.kill('SIGKILL');
    await gone;
    const freeAfter = performance.now() - began;
    expect(freeAfter).toBeLessThan(2_000);
    expect(await stack.live()).toEqual({ release: 't4', colour: 'blue' });

    const { result, load } = await stack.underLoad(() => stack.deployed('t6'));
    expectNothingLost(load);
    expect(result.json).toMatchObject({ version: 't6', colour: 'green' });
    expect(await stack.running('green')).toEqual(all);
    expect(await stack.running('blue')).toEqual([]);
  });

  test('is not held by a helper container that was made and never started', async () => {
    const abandoned = await engine.createContainer({ name: `${stack.name}-deck`, Image: stack.values.NODE_IMAGE ?? '', Cmd: ['true'] });
    await abandoned.start();
    await abandoned.wait();
    const again = await stack.deployed('t6', { args: ['--force'] });
    expect(again.json).toMatchObject({ outcome: 'deployed', colour: 'blue' });
  });
});

test('after all these deploys, forced, refused, interrupted and killed ones, no two schedulers ever ran at once', async () => {
  expect(await stack.schedulersAtOnce()).toEqual([]);
  const { runs } = JSON.parse((await stack.fetch('/api/scheduler')).body) as { runs: { version: string; stopped_at: string | null }[] };
  expect(runs.length).toBeGreaterThan(4);
  expect(runs.filter(({ stopped_at }) => stopped_at === null).map(({ version }) => version)).toEqual(['t6']);
});

test('no operation leaves a temporary container or a mount behind', async () => {
  const names = execFileSync('docker', ['ps', '-a', '--format', '{{.Names}}', '--filter', `name=^${stack.name}`], { encoding: 'utf8' });
  expect(names.split('\n').filter((name) => /-run-|-deck$/.test(name))).toEqual([]);
});

test('a password that was changed is refused with its key, and the app goes on', async () => {
  const live = await stack.live();
  const before = stack.values.REDIS_PASSWORD as string;
  stack.set({ REDIS_PASSWORD: 'another-password-than-before' });
  try {
    const { exitCode, stderr } = await stack.deploy('t8');
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toMatch(/REDIS_PASSWORD: differs from the one that the stack runs with/);
    expect(stderr).not.toContain('another-password-than-before');
  } finally {
    stack.set({ REDIS_PASSWORD: before });
  }
  expect(await stack.live()).toEqual(live);
  expect((await stack.fetch('/api/counter')).status).toBe(200);
});

test('a singleton that keeps crashing is ended for good before the new one starts', async () => {
  const { colour } = (await stack.live()) as { colour: 'blue' | 'green' };
  const old = await stack.container(colour, 'scheduler');
  // Between two crashes the engine calls it "restarting", and would start it again.
  const crashing = setInterval(() => {
    old.kill({ signal: 'SIGKILL' }).catch((error: { statusCode?: number }) => expect(error.statusCode).toBe(409));
  }, 100);
  try {
    await stack.deployed('t9');
  } finally {
    clearInterval(crashing);
  }
  const { State } = await old.inspect();
  expect(State.Status).toBe('exited');
  expect(State.Restarting).toBe(false);
  const schedulers = (await stack.containers()).filter(({ Labels }) => Labels['com.docker.compose.service'] === 'scheduler');
  expect(schedulers.filter(({ State: state }) => state !== 'exited')).toHaveLength(1);
});
