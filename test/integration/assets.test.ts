import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Edge } from '../../scripts/lib/edge/edge.js';
import { tarOf } from '../../scripts/lib/engine/archive.js';
import { Docker } from '../../scripts/lib/engine/docker.js';
import { writeAssetsApp } from '../helpers/assets-app.js';
import type { Answer } from '../helpers/http.js';
import { createStack, type Stack } from '../helpers/stack.js';

const YEAR = 'public, max-age=31536000, immutable';
let stack: Stack;

/** Deploys a release whose assets have the version in the place of a hash, and its own logo, which has no hash. */
async function deployed(version: string): Promise<string> {
  const compose = writeAssetsApp(join(stack.folder, 'app'), {
    [`assets/main.${hash(version)}.js`]: `console.log("${version}")`,
    [`assets/deep/style.${hash(version)}.css`]: `/* ${version} */`,
    [`assets/module.${hash(version)}.mjs`]: `export default "${version}"`,
    [`assets/${version}.json`]: '{}',
    'assets/logo.svg': `<svg id="${version}"/>`,
    [`chunks/${version}/manifest.js`]: `manifest("${version}")`,
  });
  stack.set({ APP_COMPOSE: compose });
  return (await stack.deployed(version)).stderr;
}
const hash = (version: string) => `hash${version}0`.padEnd(8, '0');

beforeAll(async () => {
  stack = await createStack({ RETAIN_RELEASES: '2', DRAIN_TIMEOUT: '3s' });
  const said = await deployed('v1');
  expect(said).toMatch(/✓ keep the assets of v1 \(7 files, 0\.0 MiB; 1 links and devices were left out/);
});
afterAll(() => stack?.destroy());

/** @returns what the edge has kept of releases, what else lies there, and whatever is neither a file nor a folder */
async function kept(): Promise<Record<'releases' | 'beside' | 'odd', string[]>> {
  const { id } = await stack.container('', 'edge');
  const found = execFileSync('docker', ['exec', id, 'find', '/var/lib/edge/assets', '-mindepth', '1', '-printf', '%y %P\\n']);
  const entries = String(found)
    .split('\n')
    .filter(Boolean)
    .sort()
    .map((line): [string, string] => [line.slice(0, 1), line.slice(2)]);
  const paths = entries.map(([, path]) => path);
  return {
    releases: paths.filter((path) => /^releases\/[^/]+$/.test(path)).map((path) => path.slice('releases/'.length).replace(/-\d.*/, '')),
    beside: paths.filter((path) => !path.includes('/')).map((path) => path.replace(/-.*/, '')),
    odd: entries.filter(([type]) => type !== 'f' && type !== 'd').map(([, path]) => path),
  };
}

const main = (version: string) => `/assets/main.${hash(version)}.js`;
const seen = ({ status, headers, body }: Answer) => [status, headers['content-type'], headers['cache-control'], body];

describe('while a page of v1 is open, v2 goes live', () => {
  let ofV2: Answer[];

  beforeAll(async () => {
    ofV2 = [];
    const deploying = deployed('v2').finally(() => (done = true));
    let done = false;
    while (!done) ofV2.push(await stack.fetch(main('v2')));
    await deploying;
  });

  test('the page finds what it asks for: type, cache header and those of every answer', async () => {
    const answer = await stack.fetch(main('v1'));
    expect(seen(answer)).toEqual([200, 'application/javascript; charset=utf-8', YEAR, 'console.log("v1")']);
    expect(answer.headers).toMatchObject({ 'x-release': 'v2', 'x-colour': 'green', 'x-content-type-options': 'nosniff' });
    expect(seen(await stack.fetch(`/assets/deep/style.${hash('v1')}.css`))).toEqual([200, 'text/css; charset=utf-8', YEAR, '/* v1 */']);
    expect((await stack.fetch(`/assets/module.${hash('v1')}.mjs`)).headers['content-type']).toMatch(/^application\/javascript/);
  });

  test('so does a page of v2, from the first request on: also where a worker of the old set answers', () => {
    const found = ofV2.findIndex(({ status }) => status === 200);
    expect(found).toBeGreaterThan(0);
    expect(new Set(ofV2.slice(found).map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(ofV2.slice(found).map(({ headers }) => headers['x-release']))).toEqual(new Set(['v1', 'v2']));
  });

  test('an app that answers every path with its page hides nothing', async () => {
    expect((await stack.fetch('/_app/chunks/v1/manifest.js')).body).toBe('manifest("v1")');
    expect((await stack.fetch('/_app/chunks/v0/manifest.js')).body).toBe('<!doctype html>the page of v2');
  });

  test('a file without a hash is that of v2, and one that v2 has no more is asked for again each time', async () => {
    expect((await stack.fetch('/assets/logo.svg')).body).toBe('<svg id="v2"/>');
    expect((await stack.fetch('/assets/again.svg')).body).toBe('<svg id="v2"/>');
    expect(seen(await stack.fetch('/assets/v1.json'))).toEqual([200, 'application/json; charset=utf-8', 'no-cache', '{}']);
  });

  test('what nobody has is the app’s to answer, and so is whatever does not read', async () => {
    const missing = await stack.fetch('/assets/main.hashv900.js?with=query');
    expect([missing.status, missing.body, missing.headers['x-asked']]).toEqual([
      404,
      'the app has no such asset',
      '/assets/main.hashv900.js?with=query',
    ]);
    expect(missing.headers['cache-control']).toBeUndefined();
    const posted = await stack.fetch(main('v1'), { method: 'POST', body: 'x' });
    expect([posted.status, posted.headers['x-method']]).toEqual([404, 'POST']);
    const own = await stack.fetch(`${main('v2')}?with=query`, { method: 'PUT', body: 'x' });
    expect([own.status, own.headers['x-method'], own.headers['x-asked']]).toEqual([200, 'PUT', `${main('v2')}?with=query`]);
    expect((await stack.fetch(main('v1'), { method: 'HEAD' })).status).toBe(200);
  });

  test.each(['/assets/%2e%2e/kept.json', '/assets/..%2f..%2fkept.json', '/assets/', '/assets/deep', '/assets/%00'])(
    '%s leads nowhere',
    async (path) => {
      const { status, body } = await stack.fetch(path);
      expect(body).not.toMatch(/"files"|hashv1/);
      expect([200, 400, 404]).toContain(status);
    },
  );

  test('while the app gives no answer, its own files are there all the same', async () => {
    const web = await stack.container('green', 'web');
    await web.stop();
    try {
      expect((await stack.fetch('/')).status).toBeGreaterThan(501);
      expect(seen(await stack.fetch(main('v2')))).toEqual([200, 'application/javascript; charset=utf-8', YEAR, 'console.log("v2")']);
      expect((await stack.fetch('/assets/logo.svg')).headers['cache-control']).toBe('no-cache');
      expect((await stack.fetch(main('v1'))).status).toBe(200);
    } finally {
      await web.start();
    }
    await expect.poll(() => stack.fetch('/').then(({ status }) => status), { timeout: 15_000 }).toBe(200);
  });
});

test('going back keeps the files of both sides', async () => {
  const back = await stack.start('rollback', []).ended;
  expect(back.exitCode, back.stderr).toBe(0);
  expect(back.stderr).toMatch(/✓ keep the assets of v1 \(they are kept already/);
  expect((await stack.fetch('/assets/logo.svg')).body).toBe('<svg id="v1"/>');
  for (const version of ['v1', 'v2']) expect((await stack.fetch(main(version))).status, version).toBe(200);
});

/** The link, where it leads, and the releases. */
const tidy = { beside: ['all', 'releases', 'all'], odd: ['all'] };

test('files of releases that are not retained any more are gone, and nothing else lies about', async () => {
  expect(await kept()).toEqual({ releases: ['v1', 'v2'], ...tidy });
  await deployed('v3');
  expect(await kept()).toEqual({ releases: ['v1', 'v3'], ...tidy });
  expect((await stack.fetch(main('v2'))).status).toBe(404);
  for (const version of ['v1', 'v3']) expect((await stack.fetch(main(version))).status, version).toBe(200);
});

describe('the edge', () => {
  const ofEdge = async () => {
    const docker = new Docker();
    const { id } = await stack.container('', 'edge');
    const token = Number(execFileSync('docker', ['exec', id, 'cat', '/var/lib/edge/token'], { encoding: 'utf8' }));
    return { edge: new Edge(docker, id), token };
  };

  test('keeps nothing of an archive that ends before its end', async () => {
    const { edge, token } = await ofEdge();
    const before = await kept();
    const half = async function* () {
      // A file, and nothing that says that the archive ends here.
      yield (await tarOf([{ path: 'web/assets/x.js', content: 'x' }])).subarray(0, 1_024);
    };
    await expect(edge.keepAssets(token, 'half', ['v1'], half())).rejects.toThrow('the assets on stdin are not whole');
    const failing = async function* () {
      yield Buffer.from('no archive at all');
      throw new Error('the source broke');
    };
    await expect(edge.keepAssets(token, 'half', ['v1'], failing())).rejects.toThrow('the source broke');
    // What the live set names, and the one before it, stays whatever the deployer says.
    expect(await kept()).toEqual(before);
  });

  test('refuses who comes too late, and names that are none', async () => {
    const { edge, token } = await ofEdge();
    const none = async function* () {};
    await expect(edge.keepAssets(token - 1, 'late', [], none())).rejects.toThrow(/is too old/);
    await expect(edge.retainAssets(token - 1, ['late'])).rejects.toThrow(/is too old/);
    await expect(edge.keepAssets(token, '../late', [], none())).rejects.toThrow(/the name of a release was expected/);
  });
});

test('a folder that the image does not have refuses the release before it gets traffic', async () => {
  const compose = stack.values.APP_COMPOSE ?? '';
  const other = stack.file(
    'other.yml',
    'services: { web: { x-slipway: { role: web, port: 3000, route: { path: / }, assets: /app/nothing/here } } }',
  );
  const refused = await stack.deploy('v4', { env: { APP_COMPOSE: `${compose},${other}` } });
  expect(refused.exitCode, refused.stderr).toBe(1);
  expect(refused.stderr).toMatch(/services\.web\.x-slipway\.assets: there is no folder \/app\/nothing\/here in \S+-web-1/);
  expect((await stack.fetch('/')).headers['x-release']).toBe('v3');
});
