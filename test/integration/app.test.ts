import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeFixtureApp } from '../helpers/fixture-app.js';
import { engine } from '../helpers/leftovers.js';
import { start } from '../helpers/process.js';
import { createStack, type Stack } from '../helpers/stack.js';

const TASKS = ['once: [[node, tally.mjs, once]]', 'release: [[node, tally.mjs, release]]'];
let stack: Stack;
let repository: string;
let commit: string;

beforeAll(async () => {
  stack = await createStack({ DRAIN_TIMEOUT: '3s' });
  repository = join(stack.folder, 'app');
  const compose = writeFixtureApp(repository, 'the tagged page', TASKS);
  stack.set({ APP_COMPOSE: compose });
  rmSync(compose);
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '--message=without the Compose file');
  git('tag', 'f0');
  writeFixtureApp(repository, 'the tagged page', TASKS);
  git('add', '.');
  git('commit', '--quiet', '--message=with it');
  git('tag', 'f1');
  commit = git('rev-parse', 'HEAD');
  writeFixtureApp(repository, 'today’s page', TASKS);
});
afterAll(() => stack?.destroy());

function git(...command: string[]): string {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@localhost', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', ['-C', repository, ...identity, ...command], { encoding: 'utf8' }).trim();
}

/** A further Compose file. Compose replaces an x- block as a whole, so it says all of it once more. */
function block(line: string): string {
  return `services:\n  web:\n    x-slipway:\n      role: web\n      port: 3000\n      route: { path: / }\n      ${line}\n`;
}

async function labelsOf(version: string): Promise<Record<string, string>> {
  return (await engine.getImage(`${stack.name}/web:${version}`).inspect()).Config.Labels;
}

describe('a git tag', () => {
  test('without the Compose file is refused in one line, exit code 2', async () => {
    const refused = await stack.deploy('f0');
    expect(refused.exitCode, refused.stderr).toBe(2);
    expect(refused.stderr).toMatch(/^✗ the tag f0 has no compose\.yml$/m);
    expect(await stack.leftovers()).toEqual([]);
  });

  test('is built from its own files, not from today’s', async () => {
    await stack.deployed('f1');
    expect((await stack.fetch('/')).body).toBe('the tagged page');
    expect(await stack.live()).toEqual({ release: 'f1', colour: 'blue' });
  });

  test('stands with its commit in the labels of the image', async () => {
    expect(await labelsOf('f1')).toMatchObject({
      'org.opencontainers.image.version': 'f1',
      'org.opencontainers.image.revision': commit,
      'org.opencontainers.image.created': expect.stringMatching(/^20\d\d-\d\d-\d\dT/),
      'dev.slipway.source': 'git-tag',
    });
  });

  test('leaves no worktree behind', () => {
    expect(git('worktree', 'list').split('\n')).toHaveLength(1);
    expect(git('status', '--porcelain')).toBe('M server.mjs');
  });
});

describe('the working tree', () => {
  test('is built where there is no such tag, and the output and the image say so', async () => {
    const { stderr } = await stack.deployed('f2');
    expect(stderr).toContain(`there is no git tag f2: what has to be built is built from the working tree (${commit.slice(0, 12)}`);
    expect((await stack.fetch('/')).body).toBe('today’s page');
    expect(await labelsOf('f2')).toMatchObject({
      'org.opencontainers.image.version': 'f2',
      'org.opencontainers.image.revision': `${commit}-dirty`,
      'dev.slipway.source': 'working-tree',
    });
  });
});

test('1.20 stays 1.20: in the image’s tag and in X-Release, even through zx', async () => {
  const { exitCode, stderr, stdout } = await start(['npx', 'zx', 'scripts/deploy.mjs', '1.20', '--dotenv', stack.dotenv]).ended;
  expect(exitCode, `${stdout}${stderr}`).toBe(0);
  expect(await stack.live()).toEqual({ release: '1.20', colour: 'blue' });
  expect(await labelsOf('1.20')).toMatchObject({ 'org.opencontainers.image.version': '1.20' });
  expect(stdout).toMatch(/^1\.20 is live \(blue\), after /m);
});

test('a release: command runs in every release, a once: command only in the first', async () => {
  expect((await stack.fetch('/tally')).body.split('\n')).toEqual([
    'once-1-f1-blue',
    'release-1-f1-blue',
    'release-2-f2-green',
    'release-3-1.20-blue',
  ]);
});

test('a release: command that fails refuses the release and shows what it said', async () => {
  const failing = stack.file('failing.yml', block(`release: [[node, -e, "console.error('no assets today'); process.exit(3)"]]`));
  const refused = await stack.deploy('f3', { env: { APP_COMPOSE: `${stack.values.APP_COMPOSE},${failing}` } });
  expect(refused.exitCode, refused.stderr).toBe(1);
  expect(refused.stderr).toMatch(/no assets today/);
  expect(await stack.live()).toEqual({ release: '1.20', colour: 'blue' });
  expect(await stack.running('green')).toEqual([]);
});

test('an image that was built from a tag is not built again', async () => {
  const before = (await engine.getImage(`${stack.name}/web:f1`).inspect()).Id;
  const { stderr } = await stack.deployed('f1');
  expect(stderr).toMatch(/✓ get the images of f1 \(1 ready\)/);
  expect((await engine.getImage(`${stack.name}/web:f1`).inspect()).Id).toBe(before);
  expect((await stack.fetch('/')).body).toBe('the tagged page');
});

test('values that YAML or Compose could read as something else reach the app as they stand in APP_ENV_FILE', async () => {
  const values = {
    A_DATE: '2026-11-22',
    A_MOMENT: '2026-11-22T18:39:42.340Z',
    A_NUMBER: '1_000',
    AN_OCTAL: '0777',
    A_WORD: 'yes',
    A_NULL: 'null',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what the app is to get
    A_DOLLAR: 'pa$w0rd and ${HOME} and $$',
    A_HASH: 'p#ss: "quoted" word',
  };
  const lines = Object.entries(values).map(([key, value]) => `${key}='${value}'\n`);
  stack.set({ APP_ENV_FILE: stack.file('app.env', lines.join('')) });
  await stack.deployed('2026-11-22');
  const { Config } = await (await stack.container('blue', 'web')).inspect();
  const found = Object.fromEntries(Config.Env.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
  expect(found).toMatchObject({ ...values, VERSION: '2026-11-22', COLOUR: 'blue' });
  expect(Config.Labels['dev.slipway.version']).toBe('2026-11-22');
});

describe('RETIRE=warm', () => {
  test('keeps the old web services up and stops the old workers', async () => {
    stack.set({ RETIRE: 'warm', APP_ENV_FILE: '' });
    await stack.deployed('f4');
    expect(await stack.live()).toEqual({ release: 'f4', colour: 'green' });
    expect(await stack.running('green')).toEqual(['web', 'worker']);
    expect(await stack.running('blue')).toEqual(['web']);
  });

  test('lets the next release replace what was kept warm', async () => {
    await stack.deployed('f5');
    expect(await stack.live()).toEqual({ release: 'f5', colour: 'blue' });
    expect(await stack.running('blue')).toEqual(['web', 'worker']);
    expect(await stack.running('green')).toEqual(['web']);
    const versions = (await stack.containers())
      .filter(({ State }) => State === 'running')
      .map(({ Labels }) => Labels['dev.slipway.version'] ?? 'base');
    expect(versions.sort()).toEqual(['base', 'base', 'base', 'base', 'base', 'f4', 'f5', 'f5']);
  });

  test('a refused release leaves nothing of itself in the colour that was kept warm', async () => {
    const broken = stack.file('broken.yml', block('checks: [{ path: /, status: 418, within: 1s }]'));
    const refused = await stack.deploy('f6', { env: { APP_COMPOSE: `${stack.values.APP_COMPOSE},${broken}` } });
    expect(refused.exitCode, refused.stderr).toBe(1);
    expect(refused.stderr).toMatch(/answered 200, should be 418/);
    expect(await stack.live()).toEqual({ release: 'f5', colour: 'blue' });
    const green = (await stack.containers('green')).map(({ Labels }) => Labels['dev.slipway.version']);
    expect(green).not.toContain('f6');
  });
});

test('an app that hangs up is answered for by 502, as JSON with every header, and the access log has a line of JSON', async () => {
  const { status, headers, body } = await stack.fetch('/hang-up?token=hidden', { headers: { 'user-agent': 'quote " and \\ back' } });
  expect([status, JSON.parse(body)]).toEqual([502, { error: 'the service did not answer' }]);
  expect(headers).toMatchObject({
    'content-type': expect.stringMatching(/^application\/json/),
    'x-frame-options': 'SAMEORIGIN',
    'x-content-type-options': 'nosniff',
    'x-release': 'f5',
    'x-colour': 'blue',
  });
  const edge = await stack.container('', 'edge');
  const logged = async () => {
    const log = await edge.logs({ stdout: true, stderr: false, follow: false, tail: 5 });
    return log
      .toString('utf8')
      .split('\n')
      .find((text) => text.includes(String(headers['x-request-id'])));
  };
  await expect.poll(logged, { timeout: 5_000 }).toBeDefined();
  const line = (await logged()) ?? '';
  const entry = JSON.parse(line.slice(line.indexOf('{')));
  expect(entry).toMatchObject({
    status: 502,
    path: '/hang-up',
    method: 'GET',
    release: 'f5',
    colour: 'blue',
    user_agent: 'quote " and \\ back',
  });
  expect(line).not.toContain('hidden');
});

describe('what the app is told about the client', () => {
  test('a made-up X-Forwarded-For, X-Real-IP or X-Forwarded-Proto is not passed on', async () => {
    const spoofed = {
      'x-forwarded-for': '6.6.6.6',
      'x-real-ip': '6.6.6.6',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.example',
      'x-request-id': 'mine',
    };
    const { body, headers } = await stack.fetch('/headers', { headers: { ...spoofed, host: 'shop.example:8080' } });
    expect(body).not.toContain('6.6.6.6');
    expect(body).not.toContain('evil.example');
    expect(JSON.parse(body)).toMatchObject({
      host: 'shop.example:8080',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'shop.example:8080',
    });
    expect(JSON.parse(body)['x-request-id']).toBe(headers['x-request-id']);
  });

  test('behind a trusted proxy, X-Forwarded-For counts', async () => {
    const network = await engine.getNetwork(`${stack.name}-app`).inspect();
    stack.set({ TRUSTED_PROXIES: network.IPAM?.Config?.[0]?.Subnet ?? '' });
    await stack.deployed('f7');
    const { body } = await stack.fetch('/headers', { headers: { 'x-forwarded-for': '203.0.113.9' } });
    expect(JSON.parse(body)).toMatchObject({ 'x-forwarded-for': '203.0.113.9', 'x-real-ip': '203.0.113.9' });
  });
});
