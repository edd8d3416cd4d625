import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { writeFixtureApp } from '../helpers/fixture-app.js';
import { type Hook, listenForPosts, SECRET_PATH } from '../helpers/hook.js';
import { isThere } from '../helpers/process.js';
import { createStack, type Stack } from '../helpers/stack.js';

let stack: Stack;
let folder: string;
/** Where DEPLOY_WEBHOOK_URL points. */
let webhook: Hook;
/** @returns what was posted since it was asked last */
const posted = () => webhook.received.splice(0);
const release = async () => (await stack.fetch('/')).headers['x-release'];

/** A hook that writes down what it is told. */
function hook(name: string, then = ''): void {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\nenv | grep ^SLIPWAY_ | sort > "${join(folder, `${name}.told`)}"\n${then}\n`);
  chmodSync(file, 0o755);
}
/** Makes a hook run on, with something in the background that does so as well. */
const RUNS_ON = `(trap 'exit 1' TERM; while :; do sleep 0.1; done) &\necho $! > "$0.pid"; echo runs; sleep 600`;
/** What has ended may stay in the list of processes until the machine's init looks at it. */
const isOver = (name: string) => {
  const pid = Number(readFileSync(join(folder, `${name}.pid`), 'utf8'));
  return expect.poll(() => isThere(pid), { timeout: 10_000 }).toBe(false);
};
const told = (name: string) =>
  Object.fromEntries(
    readFileSync(join(folder, `${name}.told`), 'utf8')
      .trim()
      .split('\n')
      .map((line) => [line.slice('SLIPWAY_'.length, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

beforeAll(async () => {
  webhook = await listenForPosts();
  stack = await createStack({ HEALTH_TIMEOUT: '8s', DEPLOY_WEBHOOK_URL: webhook.url });
  folder = join(stack.folder, 'hooks');
  mkdirSync(folder);
  stack.set({ APP_COMPOSE: writeFixtureApp(join(stack.folder, 'app'), 'hello'), HOOKS_FOLDER: folder });
  await stack.deployed('t1');
  posted();
});
afterAll(async () => {
  await webhook?.close();
  await stack?.destroy();
});
afterEach(() => {
  posted();
  for (const name of ['pre-deploy', 'post-deploy', 'on-failure']) rmSync(join(folder, name), { force: true });
});

const t1 = { version: 't1', colour: 'blue' };
const t2 = { version: 't2', colour: 'green' };

describe('hooks, and DEPLOY_WEBHOOK_URL,', () => {
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
    const text = expect.stringMatching(/✅ .*: t2 is live \(green\), in place of t1, after .*, by .*@/);
    expect(posted()).toMatchObject([
      { event: 'deployed', command: 'deploy', stack: stack.name, version: 't2', live: t2, before: t1, text },
    ]);
  });

  test('before a deploy can refuse it: nothing is changed, and the way is free for the next one', async () => {
    hook('pre-deploy', 'echo not today; exit 3');
    hook('on-failure');
    const { exitCode, stderr } = await stack.deploy('t3');
    expect(exitCode, stderr).toBe(1);
    expect(stderr).toMatch(/the hook pre-deploy ended with exit code 3; nothing was changed[\s\S]*not today/);
    expect(existsSync(join(folder, 'on-failure.told'))).toBe(false);
    expect(posted()).toMatchObject([
      { event: 'failed', version: 't3', exitCode: 1, live: t2, reason: expect.stringContaining('exit code 3') },
    ]);
    expect(await release()).toBe('t2');
    expect(await stack.containers('blue')).not.toContainEqual(expect.objectContaining({ State: 'running' }));
  });

  test('are ended by Ctrl-C: before a deploy nothing is changed then', async () => {
    hook('pre-deploy', RUNS_ON);
    const deploy = stack.startDeploy('t3');
    await deploy.says(/pre-deploy: runs/);
    deploy.kill('SIGINT');
    const { exitCode, stderr } = await deploy.ended;
    expect(exitCode, stderr).toBe(130);
    expect(stderr).toContain('✗ interrupted: the hook pre-deploy was ended; nothing was changed');
    await isOver('pre-deploy');
    expect(posted()).toMatchObject([{ event: 'interrupted', version: 't3', exitCode: 130, live: t2 }]);
    expect(await release()).toBe('t2');
  });

  test('after a failure are told why; one that fails itself is a warning', async () => {
    hook('on-failure', 'exit 1');
    const override = stack.file('bad.yml', 'services:\n  web:\n    command: [node, -e, "process.exit(7)"]\n');
    const { exitCode, stderr } = await stack.deploy('t3', { env: { APP_COMPOSE: `${stack.values.APP_COMPOSE},${override}` } });
    expect(exitCode, stderr).toBe(1);
    expect(stderr).toMatch(/! the hook on-failure ended with exit code 1; that changes nothing/);
    expect(told('on-failure')).toMatchObject({ VERSION: 't3', LIVE_VERSION: 't2', REASON: expect.stringContaining('exit code 7') });
    expect(posted()).toMatchObject([{ event: 'failed', version: 't3', live: t2, reason: expect.stringContaining('exit code 7') }]);
    expect(await release()).toBe('t2');
  });

  test('that cannot be executed are named before anything is done', async () => {
    writeFileSync(join(folder, 'post-deploy'), '#!/bin/sh\n', { mode: 0o644 });
    const { exitCode, stderr } = await stack.deploy('t3');
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toMatch(/hooks\/post-deploy cannot be executed[\s\S]*chmod \+x/);
    expect(await release()).toBe('t2');
  });

  test('are called by a rollback as well; what is live by then stays so when Ctrl-C ends one', async () => {
    hook('post-deploy', RUNS_ON);
    const rollback = stack.start('rollback', []);
    await rollback.says(/post-deploy: runs/);
    rollback.kill('SIGTERM');
    const { exitCode, stderr } = await rollback.ended;
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('! interrupted: the hook post-deploy was ended; t1 stays live');
    await isOver('post-deploy');
    expect(await release()).toBe('t1');
    expect(told('post-deploy')).toMatchObject({ COMMAND: 'rollback', VERSION: 't1', LIVE_VERSION: 't2' });
    expect(posted()).toMatchObject([{ event: 'rolled-back', command: 'rollback', version: 't1', live: t1, before: t2 }]);
  });
});

describe('DEPLOY_WEBHOOK_URL', () => {
  test('is told of a deploy whose deployer was killed by whoever puts it in order', async () => {
    const killed = stack.startDeploy('w3');
    await killed.says(/✓ cut from/);
    killed.kill('SIGKILL');
    await killed.ended;
    expect(posted()).toEqual([]);
    const resumed = await stack.start('deploy', [], { args: ['--resume'] }).ended;
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect(posted()).toEqual([
      expect.objectContaining({
        event: 'recovered',
        recovery: 'finished',
        version: 'w3',
        live: { version: 'w3', colour: 'green' },
      }),
    ]);
    expect((await stack.start('deploy', [], { args: ['--resume'] }).ended).json).toEqual({ outcome: 'nothing-was-cut-off' });
    expect(posted()).toEqual([]);
  });

  test('never enters the cron container', async () => {
    const { id } = await stack.container('', 'cron');
    const found = execFileSync('docker', ['exec', id, 'sh', '-c', `ls /run/secrets; grep -rl ${SECRET_PATH} /run/secrets || true; env`], {
      encoding: 'utf8',
    });
    expect(found).toContain('BACKUP_WEBHOOK_URL');
    expect(found).not.toMatch(new RegExp(`DEPLOY_WEBHOOK_URL|${SECRET_PATH}|snapshot/`));
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
    // Nobody listens there any more: that is told, and nothing else comes of it.
    await webhook.close();
    const { stdout, stderr } = await stack.deployed('t4', { args: ['--force'] });
    expect(stderr).toMatch(/! DEPLOY_WEBHOOK_URL could not be told how it ended: ECONNREFUSED/);
    expect(stdout + stderr).not.toContain(SECRET_PATH);
    expect((await stack.start('rollback', []).ended).exitCode).toBe(0);
    expect(await release()).toBe(live);
  });
});
