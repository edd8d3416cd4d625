import { execFileSync, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { tarOf } from '../../scripts/lib/engine/archive.js';
import { type Load, type Sample, startLoad } from '../../scripts/lib/load/load.js';
import { engine } from '../helpers/leftovers.js';
import type { Ended } from '../helpers/process.js';
import { createStack, expectNothingLost, type Stack } from '../helpers/stack.js';
import { listenToEvents } from '../helpers/streams.js';

let stack: Stack;
/** The address from which the clients of this machine arrive. */
let gateway: string;

beforeAll(async () => {
  stack = await createStack({}, { quick: true });
});
afterAll(() => stack?.destroy());

const run = (...words: string[]): Promise<Ended> => stack.start('maintenance', words).ended;

/** Runs the command and expects that it works. @returns its document */
async function maintenance(...words: string[]): Promise<Record<string, unknown>> {
  const ended = await run(...words);
  expect(ended.exitCode, `${ended.stderr}\n${ended.stdout}`).toBe(0);
  return ended.json;
}

async function edge(...command: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const { id } = await stack.container('', 'edge');
  return spawnSync('docker', ['exec', '-i', id, ...command], { input: '', encoding: 'utf8' });
}

/** Every kind of path is answered 503, and said to come from that release. */
async function expectClosed(release: string): Promise<void> {
  for (const path of ['/', '/api/whoami', '/assets/app-00000000.js', '/nothing']) {
    const { status, headers } = await stack.fetch(path);
    expect({ path, status, release: headers['x-release'] }).toEqual({ path, status: 503, release });
    expect(headers['retry-after']).toBeDefined();
  }
}

/** The status of a request; 0 while nobody listens. */
const statusOf = (path: string, headers: Record<string, string> = {}) =>
  stack.fetch(path, { headers }).then(
    ({ status }) => status,
    () => 0,
  );

describe('before the first release', () => {
  test('it is off, and switching it off changes nothing', async () => {
    expect(await maintenance('status')).toEqual({ on: false, since: null, allow: [], message: null, retryAfter: null });
    expect(await maintenance('off')).toMatchObject({ on: false, changed: false });
    expect(await stack.leftovers()).toEqual([]);
  });

  test('switching it on starts the edge alone, which shows the page', async () => {
    expect(await maintenance('on')).toMatchObject({ on: true, changed: true, allow: [], message: null, retryAfter: 300 });
    const services = (await stack.containers('')).map(({ Labels }) => Labels['com.docker.compose.service']);
    expect(services).toEqual(['edge']);
    const { status, headers, body } = await stack.fetch('/');
    expect([status, headers['x-release']]).toEqual([503, 'none']);
    expect(body).toContain('Down for maintenance');
  });

  test('the first release comes up behind it', async () => {
    const { stderr } = await stack.deployed('t1');
    expect(stderr).toMatch(/✓ verify that blue answers \(.*; maintenance stays on\)/);
    await expectClosed('t1');
  });

  test('and is reached once it is off', async () => {
    expect(await maintenance('off')).toMatchObject({ on: false, changed: true, since: expect.stringMatching(/^20\d\d-.*Z$/) });
    expect(await stack.live()).toEqual({ release: 't1', colour: 'blue' });
    expect(await maintenance('off')).toMatchObject({ on: false, changed: false });
  });
});

describe('under load', () => {
  let load: Load;
  let closing: [number, number];
  let opening: [number, number];
  let slow: Promise<{ status: number }>;

  beforeAll(async () => {
    load = startLoad({
      host: '127.0.0.1',
      port: stack.port,
      connections: 8,
      fresh: 4,
      thinkTime: 60,
      get: '/api/whoami',
      post: { path: '/api/notes', body: '{"text":"a note"}' },
      limit: { requests: 50_000, milliseconds: 60_000 },
    });
    const seen = (from: number) => vi.waitFor(() => expect(samples(from).length).toBeGreaterThan(50), { timeout: 10_000 });
    await seen(0);
    slow = stack.fetch('/api/slow?seconds=3');
    closing = [performance.now(), 0];
    await maintenance('on', '--message', 'Back at noon.');
    closing[1] = performance.now();
    await seen(closing[1]);
    opening = [performance.now(), 0];
    await maintenance('off');
    opening[1] = performance.now();
    await seen(opening[1]);
    await load.stop();
  });

  const samples = (from: number, to = Number.POSITIVE_INFINITY): Sample[] => load.samples.filter(({ at }) => at >= from && at < to);
  const good = (all: readonly Sample[]) => all.filter(({ status }) => status >= 200 && status < 300).length;

  test('no connection is lost, and nothing but 2xx and 503 is answered', () => {
    expect(load.samples.length).toBeGreaterThan(150);
    expect([...new Set(load.samples.map(({ status }) => status))].sort()).toEqual([200, 201, 503]);
  });

  test('before it is on, and from the moment on that it is off, every request passes', () => {
    for (const all of [samples(0, closing[0]), samples(opening[1])]) expect(good(all)).toBe(all.length);
  });

  test('from the moment on that it is on, none does', () => {
    expect(good(samples(closing[1], opening[0]))).toBe(0);
  });

  test('a request in flight at that moment ends well', async () => {
    expect((await slow).status).toBe(200);
  });
});

describe('what clients are answered', () => {
  const words = `It’s "down" & <b>$host</b> \\ {"a":1};`;
  beforeAll(async () => {
    ({ gateway } = (await maintenance('on', '--message', words, '--retry-after', '90s')) as { gateway: string });
  });

  test('the headers of every answer, when to come back, and that nobody may keep it', async () => {
    const { headers } = await stack.fetch('/');
    expect(headers).toMatchObject({
      'retry-after': '90',
      'cache-control': 'no-store',
      'content-type': 'text/html; charset=utf-8',
      'x-release': 't1',
      'x-colour': 'blue',
      'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
      'x-content-type-options': 'nosniff',
    });
  });

  test('a page with the message, that needs nothing else', async () => {
    const { body } = await stack.fetch('/a/page.css');
    expect(body.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))).toContain(`<p>${words}</p>`);
    expect(body).not.toContain('<b>');
    expect(body).not.toMatch(/src=|href=|url\(/);
  });

  test.each([
    ['/api/whoami', '*/*', true],
    ['/api', 'text/html', true],
    ['/apidocs', '*/*', false],
    ['/x.js', 'application/json', true],
    ['/', 'application/json, text/plain, */*', true],
    ['/', 'application/json;q=0.9', true],
    ['/', 'application/problem+json', true],
    ['/', 'application/json, text/html;q=0.8', true],
    ['/', 'text/html, application/json;q=0.9', false],
    ['/', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', false],
    ['/', '*/*', false],
  ])('%s with Accept: %s: JSON is %s', async (path, accept, json) => {
    const { status, headers, body } = await stack.fetch(path, { headers: { accept } });
    expect([status, headers['content-type']]).toEqual([503, `${json ? 'application/json' : 'text/html'}; charset=utf-8`]);
    if (json) expect(JSON.parse(body)).toEqual({ error: 'down for maintenance', message: words });
  });

  test('the same for every method', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const { status, body } = await stack.fetch('/api/notes', { method, body: '{"text":"lost?"}' });
      expect([method, status, JSON.parse(body).error]).toEqual([method, 503, 'down for maintenance']);
    }
    const head = await stack.fetch('/', { method: 'HEAD' });
    expect([head.status, head.body]).toEqual([503, '']);
  });

  test('what status tells', async () => {
    expect(await maintenance('status')).toMatchObject({ on: true, allow: [], message: words, retryAfter: 90 });
    const { json } = await stack.start('status', []).ended;
    expect(json).toMatchObject({ maintenance: { message: words, retryAfter: 90 }, problems: [] });
    const check = await stack.start('check', []).ended;
    expect(check.exitCode).toBe(1);
    expect(check.stderr).toContain('(maintenance is on)');
  });

  test('typing it again changes nothing, other settings replace those that are named, and since when stays', async () => {
    const before = await maintenance('status');
    expect(await maintenance('on')).toMatchObject({ ...before, changed: false });
    expect(await maintenance('on', '--retry-after', '2m')).toMatchObject({ ...before, retryAfter: 120, changed: true });
    expect((await stack.fetch('/')).headers['retry-after']).toBe('120');
  });
});

describe('the allow-list', () => {
  test('lets in whoever comes from an address or a network of it', async () => {
    await maintenance('on', '--allow', `203.0.113.7,${gateway}`);
    expect([await statusOf('/'), await statusOf('/api/whoami')]).toEqual([200, 200]);
    await maintenance('on', '--allow', `${gateway.replace(/\.\d+$/, '.0')}/24`);
    expect(await statusOf('/')).toBe(200);
    await maintenance('on', '--allow', '203.0.113.7');
    expect(await statusOf('/')).toBe(503);
  });

  test('is not fooled by headers', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.7', 'x-real-ip': '203.0.113.7', forwarded: 'for=203.0.113.7' };
    expect(await statusOf('/', headers)).toBe(503);
  });

  test('says from where clients of this machine arrive to those who name 127.0.0.1', async () => {
    const { stderr } = await run('on', '--allow', '127.0.0.1');
    expect(stderr).toContain(`127.0.0.1: clients on the engine's machine arrive as ${gateway}`);
    expect(await statusOf('/')).toBe(503);
  });
});

test('the port for checks is reached from the stack’s network, the published one is closed there as well', async () => {
  const { id } = await stack.container('blue', 'frontend');
  const ask = (port: number) =>
    execFileSync('docker', ['exec', id, 'node', '-e', `fetch('http://edge:${port}/').then(({ status }) => console.log(status))`], {
      encoding: 'utf8',
    }).trim();
  expect([ask(80), ask(8084)]).toEqual(['503', '200']);
  const described = await (await stack.container('', 'edge')).inspect();
  expect(Object.keys(described.HostConfig.PortBindings as object).sort()).toEqual(['443/tcp', '80/tcp']);
});

describe('it stays on', () => {
  test('over a deploy, which works; the allow-list is that of the client behind a trusted proxy', async () => {
    await maintenance('on', '--allow', '203.0.113.0/24');
    stack.set({ TRUSTED_PROXIES: gateway });
    const { result, load } = await stack.underLoad(() => stack.deployed('t2'));
    expect(result.json).toMatchObject({ outcome: 'deployed', colour: 'green' });
    expect([load.lost, Object.keys(load.reasons)]).toEqual([0, ['503']]);
    expect(load.refused).toBe(load.sent);
    await expectClosed('t2');
    expect(await statusOf('/', { 'x-forwarded-for': '203.0.113.9' })).toBe(200);
    expect(await statusOf('/', { 'x-forwarded-for': '203.0.114.9' })).toBe(503);
  });

  test('over a way back on the edge', async () => {
    const token = (await edge('cat', '/var/lib/edge/token')).stdout.trim();
    expect((await edge('edge', 'revert', token)).stderr).toBe('');
    await expectClosed('t1');
    expect((await edge('edge', 'revert', token)).stderr).toBe('');
    await expectClosed('t2');
  });

  test('over a restart of the edge, and its death', async () => {
    const container = await stack.container('', 'edge');
    await container.restart();
    await expect.poll(() => statusOf('/'), { timeout: 15_000 }).toBe(503);
    await container.kill({ signal: 'SIGKILL' });
    await container.start();
    await expect.poll(() => statusOf('/'), { timeout: 15_000 }).toBe(503);
    await expectClosed('t2');
  });

  test('over an upgrade of the base, which puts another container in its place', async () => {
    const { id } = await stack.container('', 'edge');
    stack.set({ DRAIN_TIMEOUT: '6s' });
    const ended = await stack.start('base', ['upgrade'], { args: ['--yes'] }).ended;
    expect(ended.exitCode, ended.stderr).toBe(0);
    expect((await stack.container('', 'edge')).id).not.toBe(id);
    await expectClosed('t2');
    expect(await maintenance('status')).toMatchObject({ on: true, allow: ['203.0.113.0/24'] });
  });

  test('over a deploy with TLS: both published ports are closed, and the way to TLS is not shown', async () => {
    stack.set({ TLS: 'self-signed' });
    await stack.deployed('t3');
    await expectClosed('t3');
    const secure = await stack.fetch('/api/whoami', { tls: true, port: Number(stack.values.HTTPS_PORT) });
    expect([secure.status, JSON.parse(secure.body).error]).toEqual([503, 'down for maintenance']);
    const allowed = { headers: { 'x-forwarded-for': '203.0.113.9' } };
    expect((await stack.fetch('/', { ...allowed, tls: true, port: Number(stack.values.HTTPS_PORT) })).status).toBe(200);
    expect((await stack.fetch('/', allowed)).status).toBe(308);
    stack.set({ TLS: 'off', TRUSTED_PROXIES: '' });
    await stack.deployed('t4');
  });
});

describe('the edge refuses', () => {
  test.each(['close', 'open'])('an older fencing token to %s: exit code 75, and all stays', async (command) => {
    const { status, stderr } = await edge('edge', command, '0');
    expect([status, stderr]).toEqual([75, expect.stringMatching(/^edge: token 0 is too old: another operation holds token \d+\n$/)]);
    await expectClosed('t4');
  });

  test('a gate that nginx cannot read, and stays as it is', async () => {
    const { id } = await stack.container('', 'edge');
    const token = (await edge('cat', '/var/lib/edge/token')).stdout.trim();
    const close = async (files: Record<string, string>) => {
      const input = await tarOf(Object.entries(files).map(([path, content]) => ({ path, content })));
      return spawnSync('docker', ['exec', '-i', id, 'edge', 'close', token], { input, encoding: 'utf8' });
    };
    const broken = await close({ 'gate.conf': 'geo $edge_kept_out { default 1 }', 'gate.json': '{}' });
    expect([broken.status, broken.stderr]).toEqual([65, expect.stringContaining('edge: nginx refuses the gate')]);
    const half = await close({ 'gate.conf': '# nothing\n' });
    expect([half.status, half.stderr]).toEqual([64, 'edge: the gate on stdin is not whole\n']);
    expect((await edge('ls', '/var/lib/edge/gates')).stdout.trim().split('\n')).toHaveLength(1);
    await expectClosed('t4');
  });
});

describe('a person who', () => {
  test('types what cannot be is told every problem in one line, exit code 2', async () => {
    const { exitCode, stderr } = await run('on', '--allow', '10.0.0.1,localhost', '--message', 'a\nb', '--retry-after', 'soon');
    expect(exitCode).toBe(2);
    expect(stderr.split('\n').filter((line) => line.includes(' --'))).toEqual([
      '    --allow: should be an address or a network such as 10.0.0.0/8, got "localhost"',
      '    --message: should be printable text in one line, got "a\\nb"',
      '    --retry-after: should be a duration from 1s to 168h such as 5m, got "soon"',
      expect.stringContaining('→ type: npx zx scripts/maintenance.mjs on'),
    ]);
    await expectClosed('t4');
  });

  test('comes while another operation runs is told which, exit code 3', async () => {
    const labels = { 'dev.slipway.deck': 'deploy t5', 'dev.slipway.deck.by': 'ada@laptop', 'dev.slipway.deck.since': 'now' };
    const holder = await engine.createContainer({
      name: `${stack.name}-deck`,
      Image: stack.values.NODE_IMAGE ?? '',
      Cmd: ['sleep', '60'],
      Labels: labels,
      HostConfig: { Init: true },
    });
    await holder.start();
    try {
      const { exitCode, stderr } = await run('off');
      expect([exitCode, stderr]).toEqual([3, expect.stringContaining('another operation holds the lock: deploy t5, by ada@laptop')]);
      expect((await run('status')).exitCode).toBe(0);
    } finally {
      await holder.remove({ force: true });
    }
    await expectClosed('t4');
  });

  test('presses Ctrl-C while old connections end has what held before, exit code 130', async () => {
    await maintenance('off');
    const listening = listenToEvents(stack.port);
    await listening.opened;
    const { result, load } = await stack.underLoad(async () => {
      const closing = stack.start('maintenance', ['on']);
      await closing.says(/✓ turn new requests away/);
      closing.kill('SIGINT');
      return closing.ended;
    });
    expect(result.exitCode, result.stderr).toBe(130);
    expect(result.stderr).toContain('maintenance is off, as before');
    expect(load.lost).toBe(0);
    expect(await maintenance('status')).toMatchObject({ on: false });
    expect(await stack.live()).toEqual({ release: 't4', colour: 'green' });
    await listening.ended;
  });
});

test('a switch that was cut off between its link and its signal is finished by the next one', async () => {
  await maintenance('on');
  await edge('sh', '-c', 'cd /var/lib/edge && ln -sfnT /etc/nginx/open gate.new && mv -T gate.new gate');
  expect([(await maintenance('status')).on, await statusOf('/')]).toEqual([false, 503]);
  expect(await maintenance('off')).toMatchObject({ on: false, changed: true });
  expect(await statusOf('/')).toBe(200);
});

test('an event stream goes on until DRAIN_TIMEOUT, and the command waits for it', async () => {
  const listening = listenToEvents(stack.port);
  await listening.opened;
  const closing = stack.start('maintenance', ['on']);
  await closing.says(/✓ turn new requests away/);
  const closedAt = performance.now();
  expect((await closing.ended).exitCode).toBe(0);
  const { closed, messages } = await listening.ended;
  expect(closed).toBeLessThanOrEqual(performance.now());
  expect(closed - closedAt).toBeGreaterThan(4_000);
  expect(closed - closedAt).toBeLessThan(9_000);
  expect(messages).toBeGreaterThan(3);
});

test('clients who are let in lose nothing while it is switched off', async () => {
  await maintenance('on', '--allow', gateway);
  const { load } = await stack.underLoad(() => maintenance('off'));
  expectNothingLost(load);
  expect(await maintenance('status')).toMatchObject({ on: false });
});
