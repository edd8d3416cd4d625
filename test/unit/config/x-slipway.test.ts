import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { serviceSchema } from '../../../scripts/lib/config/x-slipway.js';
import { contract } from './contract.js';

const paths = (block: unknown) => serviceSchema.safeParse(block).error?.issues.map(({ path }) => path.join('.')) ?? [];

test('the block of the contract is accepted whole', () => {
  expect(serviceSchema.parse(parse(contract))).toEqual({
    role: 'web',
    port: 8000,
    route: [{ path: '/api/', host: 'api.example.com' }],
    limits: [],
    checks: [
      { path: '/health', json: { status: 'healthy' }, status: [200], every: 1_000, times: 3, within: 60_000, timeout: 10_000 },
      { path: '/api/v1/users/me', status: [200, 401], bearer: 'SMOKE_TOKEN', every: 1_000, times: 1, within: 30_000, timeout: 10_000 },
    ],
    migrate: { run: ['node', 'migrate.mjs', 'up'], pending: ['node', 'migrate.mjs', 'pending'], down: ['node', 'migrate.mjs', 'down'] },
    release: [['node', 'collect-assets.mjs']],
    once: [['node', 'seed.mjs']],
    assets: [{ folder: '/app/public/assets' }],
    jobs: { 'expire-uploads': { schedule: '0 3 * * *', run: ['node', 'expire.mjs'] } },
    backup: { files: ['uploads'] },
  });
});

test('a service without a block is a worker, with nothing to do beside', () => {
  expect(serviceSchema.parse({})).toEqual({ role: 'worker', route: [], limits: [], checks: [], release: [], once: [], assets: [] });
});

test('a singleton needs nothing but its role', () => {
  expect(serviceSchema.parse({ role: 'singleton' })).toMatchObject({ role: 'singleton', route: [] });
});

test('one route and a list of routes mean the same', () => {
  expect(serviceSchema.parse({ route: { path: '/' } }).route).toEqual(serviceSchema.parse({ route: [{ path: '/' }] }).route);
});

test('a single status code is a list of one', () => {
  expect(serviceSchema.parse({ checks: [{ path: '/', status: 204 }] }).checks[0]?.status).toEqual([204]);
});

test('durations become milliseconds', () => {
  const { route, checks } = serviceSchema.parse({
    route: { path: '/', timeout: '2m', body: '100m' },
    checks: [{ path: '/', every: '200ms', within: '1m', timeout: '5s' }],
  });
  expect(route).toEqual([{ path: '/', timeout: 120_000, body: '100m' }]);
  expect(checks[0]).toMatchObject({ every: 200, within: 60_000, timeout: 5_000 });
});

test.each([
  [{ rol: 'web' }, ['rol']],
  [{ checks: [{ path: '/', evry: '1s' }] }, ['evry']],
  [{ migrate: { run: ['x'], up: ['y'] } }, ['up']],
  [{ limits: [{ path: '/', rate: 'api', burst: 5 }] }, ['burst']],
  [{ backup: { folders: ['x'] } }, ['folders']],
  [{ jobs: { nightly: { schedule: '0 3 * * *', run: ['x'], every: '1d' } } }, ['every']],
])('a key that there is not is refused by its name: %j', (block, keys) => {
  const issues = serviceSchema.safeParse(block).error?.issues ?? [];
  expect(issues).toMatchObject([{ code: 'unrecognized_keys', keys }]);
});

describe('values that are refused, by where they stand', () => {
  test.each([
    [{ role: 'website' }, 'role'],
    [{ port: 0 }, 'port'],
    [{ port: 65_536 }, 'port'],
    [{ port: '8000' }, 'port'],
    [{ port: 80.5 }, 'port'],
    [{ route: { path: 'api/' } }, 'route.0.path'],
    [{ route: { path: '/', host: 'a.example;' } }, 'route.0.host'],
    [{ route: { path: '/', rate: 'fast' } }, 'route.0.rate'],
    [{ route: { path: '/', body: '20 MB' } }, 'route.0.body'],
    [{ limits: [{ path: '/x', rate: '5r/s' }] }, 'limits.0.rate'],
    [{ limits: [{ path: '/x' }] }, 'limits.0.rate'],
    [{ checks: [{ path: 'health' }] }, 'checks.0.path'],
    [{ checks: [{}] }, 'checks.0.path'],
    [{ checks: [{ path: '/', status: 99 }] }, 'checks.0.status'],
    [{ checks: [{ path: '/', status: [] }] }, 'checks.0.status'],
    [{ checks: [{ path: '/', times: 0 }] }, 'checks.0.times'],
    [{ checks: [{ path: '/', every: 1 }] }, 'checks.0.every'],
    [{ checks: [{ path: '/', within: 'long' }] }, 'checks.0.within'],
    [{ migrate: {} }, 'migrate.run'],
    [{ migrate: { run: 'node migrate.mjs' } }, 'migrate.run'],
    [{ migrate: { run: [] } }, 'migrate.run'],
    [{ release: ['node', 'x.mjs'] }, 'release.0'],
    [{ once: [['']] }, 'once.0.0'],
    [{ jobs: { nightly: { run: ['x'] } } }, 'jobs.nightly.schedule'],
    [{ backup: { files: 'uploads' } }, 'backup.files'],
    [{ assets: 'public' }, 'assets.0.folder'],
    [{ assets: 5 }, 'assets.0'],
    [{ assets: [{ at: '/assets/' }] }, 'assets.0.folder'],
    [{ assets: '/' }, 'assets.0.folder'],
    [{ assets: '/app/../etc' }, 'assets.0.folder'],
    [{ assets: { folder: '/app/x', at: '/x' } }, 'assets.0.at'],
    [{ assets: { folder: '/app/x', at: '/' } }, 'assets.0.at'],
    [{ assets: { folder: '/app/x', at: '/x/../y/' } }, 'assets.0.at'],
    [{ assets: { folder: '/app/x', at: '/x?y/' } }, 'assets.0.at'],
  ])('%j', (block, path) => {
    expect(paths(block)[0]).toBe(path);
  });
});

describe('a path', () => {
  test.each(['/', '/api/', '/api/v1/users/me', '/a-b_c.d~e', '/a?b=c&d=e', '/%20', '/é', '/a#b', '/a:b@c!(d)*+,='])('may be %s', (path) => {
    expect(paths({ checks: [{ path }] })).toEqual([]);
  });

  test.each(['', 'api', '/a b', '/a;b', '/a{b', '/a}b', '/a"b', "/a'b", '/a\\b', '/$uri', '/a\n', '/a\tb', '/a\u00a0b', ' /a'])(
    'may not be %j',
    (path) => {
      expect(paths({ checks: [{ path }] })).toEqual(['checks.0.path']);
    },
  );
});

describe('a problem inside a route is told by its key', () => {
  const told = (block: unknown) =>
    serviceSchema
      .safeParse(block)
      .error?.issues.map(({ message, path }) => `${path.join('.')}: ${message}`)
      .join('\n') ?? '';

  test.each([
    [{ route: { path: 'api/' } }, 'route.0.path: should be a path that begins with "/"'],
    [{ route: { path: '/', hots: 'a.example' } }, 'hots'],
    [{ route: { path: '/', timeout: 'long' } }, 'route.0.timeout: should be a duration such as 1s'],
    [{ route: { path: '/', host: 'a.example;' } }, 'route.0.host: should be a host name'],
    [{ route: { path: '/', rate: 'fast' } }, 'route.0.rate: should be api, auth or off'],
    [{ route: { path: '/', body: '20 MB' } }, 'route.0.body: should be a size such as 20m'],
    [{ route: [{ path: '/' }, { path: 'api/' }] }, 'route.1.path: should be a path that begins with "/"'],
  ])('%j', (block, words) => {
    expect(told(block)).toContain(words);
  });
});
