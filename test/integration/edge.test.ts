import { connect } from 'node:tls';
import type Dockerode from 'dockerode';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '../helpers/http.js';
import { engine } from '../helpers/leftovers.js';
import { processesOf } from '../helpers/processes.js';
import { createStack, expectNothingLost, type Stack } from '../helpers/stack.js';

let stack: Stack;

beforeAll(async () => {
  stack = await createStack();
  await stack.deployed('t1');
});
afterAll(() => stack?.destroy());

/** The edge's worker processes: a reload would put others in their place. */
async function workers(): Promise<string[]> {
  const processes = processesOf(await stack.container('', 'edge'));
  return processes.filter(({ command }) => command.startsWith('nginx: worker')).map(({ pid }) => String(pid));
}

/** @returns the host names of the containers that answer a number of requests */
async function answering(times = 20): Promise<Set<string>> {
  const ask = async () => {
    const { status, body } = await stack.fetch('/api/whoami', { patience: 1_000 });
    return status === 200 ? (JSON.parse(body) as { hostname: string }).hostname : String(status);
  };
  return new Set(await Promise.all(Array.from({ length: times }, () => ask().catch((error: Error) => error.message))));
}

describe('without any reload, the edge', () => {
  test('follows a replica that is added', async () => {
    const before = await workers();
    const one = await (await stack.container('blue', 'backend')).inspect();
    const added = await engine.createContainer({
      name: `${stack.name}-blue-backend-3`,
      ...one.Config,
      Hostname: '',
      HostConfig: one.HostConfig,
      NetworkingConfig: { EndpointsConfig: { [`${stack.name}-app`]: { Aliases: ['backend.blue'] } } },
    } as Dockerode.ContainerCreateOptions);
    await engine.getNetwork(`${stack.name}-data`).connect({ Container: added.id });
    await added.start();
    await expect.poll(() => answering(), { timeout: 15_000 }).toContain(added.id.slice(0, 12));
    await added.stop();
    await added.remove();
    await expect.poll(() => answering(), { timeout: 15_000 }).toHaveLength(2);
    expect(await workers()).toEqual(before);
  });

  test('follows replicas that change their address', async () => {
    const before = await workers();
    const network = engine.getNetwork(`${stack.name}-app`);
    const address = async (container: Dockerode.Container) =>
      (await container.inspect()).NetworkSettings.Networks[`${stack.name}-app`]?.IPAddress;
    const neighbours: Dockerode.Container[] = [];
    for (const number of [1, 2]) {
      const replica = await stack.container('blue', 'backend', number);
      const old = await address(replica);
      await network.disconnect({ Container: replica.id });
      do neighbours.push(await newNeighbour(`${stack.name}-neighbour-${neighbours.length}`));
      while ((await address(neighbours.at(-1) as Dockerode.Container)) !== old);
      await network.connect({ Container: replica.id, EndpointConfig: { Aliases: ['backend.blue'] } });
      expect(await address(replica)).not.toBe(old);
    }
    const hosts = await Promise.all([1, 2].map(async (number) => (await stack.container('blue', 'backend', number)).id.slice(0, 12)));
    await expect.poll(async () => [...(await answering())].sort(), { timeout: 15_000 }).toEqual(hosts.sort());
    expect(await workers()).toEqual(before);
    await Promise.all(neighbours.map((neighbour) => neighbour.remove({ force: true })));
  });
});

/** Starts a container in the network of the edge: it takes the lowest address that is free there. */
async function newNeighbour(name: string): Promise<Dockerode.Container> {
  const neighbour = await engine.createContainer({
    name,
    Image: stack.values.NODE_IMAGE ?? '',
    Cmd: ['sleep', '600'],
    HostConfig: { NetworkMode: `${stack.name}-app`, Init: true },
  });
  await neighbour.start();
  return neighbour;
}

test('a replica that stops is passed over: no request is lost or waits for long', async () => {
  const replica = await stack.container('blue', 'backend', 1);
  const { load } = await stack.underLoad(async () => {
    await replica.stop();
    await expect.poll(() => answering(), { timeout: 15_000 }).toHaveLength(1);
    await replica.start();
    await expect.poll(() => answering(), { timeout: 15_000 }).toHaveLength(2);
  });
  expectNothingLost(load);
  expect(load.slowest).toBeLessThan(5_000);
});

describe('the same colour is live after the edge', () => {
  test('was restarted', async () => {
    await (await stack.container('', 'edge')).restart();
    await expect.poll(live, { timeout: 15_000 }).toEqual({ release: 't1', colour: 'blue' });
  });

  test('was killed and started again', async () => {
    const edge = await stack.container('', 'edge');
    await edge.kill({ signal: 'SIGKILL' });
    await edge.start();
    await expect.poll(live, { timeout: 15_000 }).toEqual({ release: 't1', colour: 'blue' });
  });
});

/** What is live; undefined while nobody listens. */
const live = () => stack.live().catch(() => undefined);

describe('with TLS=self-signed and limits', () => {
  const secure = (path: string, options = {}) => stack.fetch(path, { tls: true, port: Number(stack.values.HTTPS_PORT), ...options });
  const security = {
    'x-frame-options': 'SAMEORIGIN',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'strict-origin-when-cross-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    'x-release': 't2',
    'x-colour': 'green',
    'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
  };

  beforeAll(async () => {
    stack.set({ TLS: 'self-signed', RATE_API: '2r/s', RATE_AUTH: '5r/m', BODY_LIMIT: '1m' });
    await stack.deployed('t2');
  });

  test('https answers, with HTTP/2 for those who can', async () => {
    expect((await secure('/')).status).toBe(200);
    const protocol = await new Promise((resolve, reject) => {
      const port = Number(stack.values.HTTPS_PORT);
      const socket = connect({
        host: '127.0.0.1',
        port,
        servername: 'localhost',
        ALPNProtocols: ['h2', 'http/1.1'],
        rejectUnauthorized: false,
      });
      socket.on('error', reject);
      socket.on('secureConnect', () => {
        resolve(socket.alpnProtocol);
        socket.destroy();
      });
    });
    expect(protocol).toBe('h2');
  });

  test('http is redirected by 308, with path and query', async () => {
    const { status, headers } = await stack.fetch('/a/page?with=query', { headers: { host: 'localhost' } });
    expect([status, headers.location]).toEqual([308, `https://localhost:${stack.values.HTTPS_PORT}/a/page?with=query`]);
  });

  test('a path of the API that does not exist answers 404 with all security headers', async () => {
    const { status, headers } = await secure('/api/nothing-here');
    expect(status).toBe(404);
    expect(headers).toMatchObject(security);
  });

  test('too many requests are answered by 429, as JSON, with Retry-After', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => secure('/api/whoami')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(5);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(20);
    expectRefusal(refused[0], 429, 'too many requests');
    expect(refused[0]?.headers['retry-after']).toBe('1');
  });

  test('log-in paths have a lower limit', async () => {
    const login = () =>
      secure('/api/v1/auth/login', { method: 'POST', body: '{"user":"ann"}', headers: { 'content-type': 'application/json' } });
    const statuses = (await Promise.all(Array.from({ length: 10 }, login))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(6);
    expect(statuses.filter((status) => status === 429)).toHaveLength(4);
  });

  test('pages are not limited', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => secure('/')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  test('a body above BODY_LIMIT is answered by 413, as JSON', async () => {
    const body = Buffer.alloc(1024 * 1024 + 1);
    await expect.poll(() => secure('/api/whoami').then(({ status }) => status), { timeout: 10_000 }).toBe(200);
    expectRefusal(await secure('/api/upload', { method: 'POST', body }), 413, 'the request body is too large');
  });

  test('a service that is away is answered within seconds, as JSON', async () => {
    const frontend = await stack.container('green', 'frontend');
    await frontend.stop();
    try {
      const began = performance.now();
      const answer = await secure('/away');
      expect(performance.now() - began).toBeLessThan(5_000);
      // Nobody refuses a connection to an address that is gone; it times out.
      if (answer.status === 504) expectRefusal(answer, 504, 'the service took too long to answer');
      else expectRefusal(answer, 502, 'the service did not answer');
      const logged = async () => (await accessLog()).find(({ request_id }) => request_id === answer.headers['x-request-id']);
      await expect
        .poll(logged, { timeout: 5_000 })
        .toMatchObject({ status: answer.status, path: '/away', method: 'GET', release: 't2', colour: 'green' });
    } finally {
      await frontend.start();
    }
    await expect.poll(() => secure('/').then(({ status }) => status), { timeout: 30_000 }).toBe(200);
  });

  test('every line of the access log is JSON with a request id, and the app logs the same id', async () => {
    const answer = await secure('/logged-page');
    expect(answer.headers).toMatchObject(security);
    const entries = await accessLog();
    expect(entries.length).toBeGreaterThan(50);
    for (const entry of entries) expect(entry.request_id).toMatch(/^[0-9a-f]{32}$/);
    const frontend = await stack.container('green', 'frontend');
    const said = async () => (await frontend.logs({ stdout: true, follow: false, tail: 20 })).toString('latin1');
    await expect.poll(said, { timeout: 5_000 }).toContain(answer.headers['x-request-id']);
  });

  test('pages are compressed for those who can, and hashed assets may be kept for a year', async () => {
    const page = await secure('/');
    expect(page.headers['cache-control']).toBe('no-cache');
    const asset = /\/assets\/[^"]+\.js/.exec(page.body)?.[0] ?? '';
    expect(asset).toMatch(/[.-][0-9A-Za-z_-]{8,}\.js$/);
    const compressed = await secure(asset, { headers: { 'accept-encoding': 'gzip' } });
    expect(compressed.headers).toMatchObject({
      'content-encoding': 'gzip',
      'cache-control': 'public, max-age=31536000, immutable',
      vary: expect.stringMatching(/Accept-Encoding/i),
    });
    const missing = await secure('/assets/app-00000000.js');
    expect(missing.status).toBe(404);
    expect(missing.headers['cache-control'] ?? '').not.toContain('immutable');
  });

  test('the private and the staging port are not published', async () => {
    const edge = await (await stack.container('', 'edge')).inspect();
    expect(Object.keys(edge.HostConfig.PortBindings as object).sort()).toEqual(['443/tcp', '80/tcp']);
  });

  function expectRefusal(answer: Answer | undefined, status: number, error: string): void {
    expect(answer?.status).toBe(status);
    expect(answer?.headers).toMatchObject({ ...security, 'content-type': expect.stringMatching(/^application\/json/) });
    expect(JSON.parse(answer?.body ?? '')).toEqual({ error });
  }

  /** The edge's log on stdout, which is the access log and nothing else. */
  async function accessLog(): Promise<Record<string, unknown>[]> {
    const raw = await (await stack.container('', 'edge')).logs({ stdout: true, stderr: false, follow: false });
    return frames(raw)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }
});

/** A log comes as frames: eight bytes of header, the last four of them the length. */
function frames(raw: Buffer): string {
  let text = '';
  for (let at = 0; at + 8 <= raw.length; at += 8 + raw.readUInt32BE(at + 4))
    text += raw.toString('utf8', at + 8, at + 8 + raw.readUInt32BE(at + 4));
  return text;
}
