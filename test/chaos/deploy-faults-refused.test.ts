import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeFixtureApp } from '../helpers/fixture-app.js';
import { createStack, expectNothingLost, freePort, type RunOptions, type Stack } from '../helpers/stack.js';

/** The app as it comes from a registry: nothing is built. */
const FROM_REGISTRY = `services:
  web: { image: "\${REGISTRY}/web:\${VERSION}", build: !reset null }
  worker: { image: "\${REGISTRY}/web:\${VERSION}" }
`;

let stack: Stack;
let registry: string;
let app: string;

beforeAll(async () => {
  registry = `127.0.0.1:${await freePort()}`;
  stack = await createStack({ HEALTH_TIMEOUT: '60s' });
  app = writeFixtureApp(join(stack.folder, 'app'), 'hello');
  stack.set({ APP_COMPOSE: app });
  await stack.deployed('t1');
  await stack.deployed('t2');
});
afterAll(() => stack?.destroy());

/** Deploys what must not go live; the live release serves as before, and of the other colour nothing new is left. */
async function refused(version: string, options: RunOptions = {}) {
  const before = (await stack.fetch('/')).headers;
  const { result, load } = await stack.underLoad(() => stack.deploy(version, options), { path: '/', body: 'x' });
  expect(result.exitCode, result.stderr).toBe(1);
  expectNothingLost(load);
  const { headers } = await stack.fetch('/');
  expect([headers['x-release'], headers['x-colour']]).toEqual([before['x-release'], before['x-colour']]);
  const left = (await stack.containers()).filter(({ Labels }) => Labels['dev.slipway.version'] === version);
  expect(left).toEqual([]);
  return result;
}

describe('a release whose health flaps', () => {
  // Every second answer is a good one: a check that has to pass once would pass.
  const CHECKS = 'checks: [{ path: /flap, every: 200ms, times: 3, within: 4s }]';
  const server = `import { createServer } from 'node:http';
let asked = 0;
createServer((request, response) => {
  response.statusCode = request.url === '/flap' && ++asked % 2 === 0 ? 503 : 200;
  response.end('x');
}).listen(3000);
process.on('SIGTERM', () => process.exit(0));
`;

  test('is refused when the time of its checks is over', async () => {
    const flapping = writeFixtureApp(join(stack.folder, 'flapping'), 'flaps', [CHECKS]);
    stack.file('flapping/server.mjs', server);
    const { stderr, milliseconds } = await refused('t-flaps', { env: { APP_COMPOSE: flapping } });
    expect(stderr).toMatch(/\/flap: (answered 503, should be 200|passed \d times, not 3) \(for 4\.0 s\)/);
    // 4 s of checks beside what any deploy takes up to there.
    expect(milliseconds).toBeLessThan(60_000);
  });
});

describe('with the registry gone', () => {
  const fromRegistry = (): RunOptions => ({
    env: { APP_COMPOSE: `${app},${stack.file('registry.yml', FROM_REGISTRY)}`, REGISTRY: registry },
  });

  test('a release whose image is not here is refused, and the registry is named', async () => {
    const { stderr, milliseconds } = await refused('t-away', fromRegistry());
    expect(stderr).toMatch(new RegExp(`no registry answers for ${registry}/web:t-away`));
    expect(milliseconds).toBeLessThan(60_000);
  });

  test('one whose image is here is refused as well: nobody could say that it is the one that was pushed', async () => {
    const image = `${registry}/web:t-here`;
    execFileSync('docker', ['tag', `${stack.name}/web:t2`, image]);
    try {
      const { stderr } = await refused('t-here', fromRegistry());
      expect(stderr).toMatch(new RegExp(`no registry answers for ${image}`));
      expect(stderr).toMatch(/rollback\.mjs/);
    } finally {
      execFileSync('docker', ['rmi', image]);
    }
  });

  test('one that takes the call and says nothing is given up after 20 s', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    try {
      const { port } = silent.address() as AddressInfo;
      const options = fromRegistry();
      const { stderr, milliseconds } = await refused('t-silent', { env: { ...options.env, REGISTRY: `127.0.0.1:${port}` } });
      expect(stderr).toMatch(/no registry answers/);
      expect(milliseconds).toBeLessThan(60_000);
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });

  test('going back needs no registry', async () => {
    const { result, load } = await stack.underLoad(() => stack.start('rollback', [], fromRegistry()).ended, { path: '/', body: 'x' });
    expect(result.exitCode, result.stderr).toBe(0);
    expectNothingLost(load);
    expect((await stack.fetch('/')).headers['x-release']).toBe('t1');
  });
});

test('the next good release is deployed after all that', async () => {
  const { load } = await stack.underLoad(() => stack.deployed('t3'), { path: '/', body: 'x' });
  expectNothingLost(load);
});
