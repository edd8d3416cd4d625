import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { writeFixtureApp } from '../helpers/fixture-app.js';
import { createStack, type Stack } from '../helpers/stack.js';

let stack: Stack;
let folder: string;
const release = async () => (await stack.fetch('/')).headers['x-release'];

/** A hook that writes down what it is told. */
function hook(name: string, then = ''): void {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\nenv | grep ^SLIPWAY_ | sort > "${join(folder, `${name}.told`)}"\n${then}\n`);
  chmodSync(file, 0o755);
}
const told = (name: string) =>
  Object.fromEntries(
    readFileSync(join(folder, `${name}.told`), 'utf8')
      .trim()
      .split('\n')
      .map((line) => [line.slice('SLIPWAY_'.length, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

beforeAll(async () => {
  stack = await createStack({ HEALTH_TIMEOUT: '8s' });
  folder = join(stack.folder, 'hooks');
  mkdirSync(folder);
  stack.set({ APP_COMPOSE: writeFixtureApp(join(stack.folder, 'app'), 'hello'), HOOKS_FOLDER: folder });
  await stack.deployed('t1');
});
afterAll(() => stack?.destroy());
afterEach(() => {
  for (const name of ['pre-deploy', 'post-deploy', 'on-failure']) rmSync(join(folder, name), { force: true });
});

describe('hooks', () => {
  test('are told what is deployed, before and after, and what they print is shown', async () => {
    hook('pre-deploy', 'echo looking good');
    hook('post-deploy');
    const { stderr } = await stack.deployed('t2');
    expect(stderr).toContain('pre-deploy: looking good');
    const common = { COMMAND: 'deploy', STACK: stack.name, VERSION: 't2', COLOUR: 'green', LIVE_VERSION: 't1', REASON: '' };
    expect(told('pre-deploy')).toMatchObject({
      ...common,
      SECONDS: '0',
      RELEASE: expect.stringMatching(/^t2-/),
      BY: expect.stringContaining('@'),
    });
    expect(told('post-deploy')).toMatchObject({ ...common, SECONDS: expect.stringMatching(/^\d+$/) });
  });

  test('before a deploy can refuse it: nothing is changed, and the way is free for the next one', async () => {
    hook('pre-deploy', 'echo not today; exit 3');
    hook('on-failure');
    const { exitCode, stderr } = await stack.deploy('t3');
    expect(exitCode, stderr).toBe(1);
    expect(stderr).toMatch(/the hook pre-deploy ended with exit code 3; nothing was changed[\s\S]*not today/);
    expect(existsSync(join(folder, 'on-failure.told'))).toBe(false);
    expect(await release()).toBe('t2');
    expect(await stack.containers('blue')).not.toContainEqual(expect.objectContaining({ State: 'running' }));
  });

  test('after a failure are told why; one that fails itself is a warning', async () => {
    hook('on-failure', 'exit 1');
    const override = stack.file('bad.yml', 'services:\n  web:\n    command: [node, -e, "process.exit(7)"]\n');
    const { exitCode, stderr } = await stack.deploy('t3', { env: { APP_COMPOSE: `${stack.values.APP_COMPOSE},${override}` } });
    expect(exitCode, stderr).toBe(1);
    expect(stderr).toMatch(/! the hook on-failure ended with exit code 1; that changes nothing/);
    expect(told('on-failure')).toMatchObject({ VERSION: 't3', LIVE_VERSION: 't2', REASON: expect.stringContaining('exit code 7') });
    expect(await release()).toBe('t2');
  });

  test('that cannot be executed are named before anything is done', async () => {
    writeFileSync(join(folder, 'post-deploy'), '#!/bin/sh\n', { mode: 0o644 });
    const { exitCode, stderr } = await stack.deploy('t3');
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toMatch(/hooks\/post-deploy cannot be executed[\s\S]*chmod \+x/);
    expect(await release()).toBe('t2');
  });

  test('are called by a rollback as well', async () => {
    hook('post-deploy');
    const { exitCode, stderr } = await stack.start('rollback', []).ended;
    expect(exitCode, stderr).toBe(0);
    expect(told('post-deploy')).toMatchObject({ COMMAND: 'rollback', VERSION: 't1', LIVE_VERSION: 't2' });
  });
});

describe('DEPLOY_WINDOW', () => {
  const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
  // Far from now, whatever the time of the day is.
  const elsewhere = `${days[(new Date().getUTCDay() + 3) % 7]} 10:00-11:00`;

  test('refuses a deploy outside of it with exit code 2; --force deploys all the same; going back is never refused', async () => {
    stack.set({ DEPLOY_WINDOW: elsewhere });
    const live = await release();
    const refused = await stack.deploy('t4');
    expect(refused.exitCode, refused.stderr).toBe(2);
    expect(refused.stderr).toMatch(
      /DEPLOY_WINDOW: it is \w{3} \d\d:\d\d \(UTC\), and deploys are let through .* 10:00-11:00[\s\S]*--force/,
    );
    expect(await release()).toBe(live);
    await stack.deployed('t4', { args: ['--force'] });
    expect((await stack.start('rollback', []).ended).exitCode).toBe(0);
    expect(await release()).toBe(live);
  });
});
