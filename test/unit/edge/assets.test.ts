import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assetBlocks } from '../../../scripts/lib/edge/assets.js';
import { valuesOf } from '../../files/nginx-syntax.js';
import { appService } from '../fixtures.js';
import { locationPaths, locationsOf, publicServers, rendered } from './rendered.js';

const web = (name: string, block: Record<string, unknown>) => appService(name, { role: 'web', port: 8000, ...block });
const release = 'v2-20260501T120000Z';
const frontend = web('frontend', { route: { path: '/' }, assets: '/app/dist/assets' });
const backend = web('backend', { route: { path: '/api/' } });
/** @returns the locations of the one server, or of the one of that host */
const locations = (services: Parameters<typeof rendered>[0], host?: string) => {
  const servers = publicServers(rendered(services).servers);
  return locationsOf(host === undefined ? servers[0] : servers.find(({ block }) => valuesOf(block, 'server_name').includes(host)));
};
const text = (inside: readonly { name: string; args: readonly string[] }[] | undefined) =>
  (inside ?? []).map(({ name, args }) => [name, ...args].join(' '));

test('what the release has is asked of the app, what only others have comes from the edge, and the rest is the app’s again', () => {
  const found = locations({ services: [frontend, backend], assets: release });
  const proxied = ['proxy_pass http://frontend_green', 'include /etc/nginx/snippets/proxy.conf'];
  expect(Object.keys(found)).toEqual(['/', '/api/', '/assets/', '@kept/assets/', '@app/assets/', '@own/assets/']);
  expect(text(found['/assets/'])).toEqual([
    'limit_req zone=address burst=2000 nodelay',
    `root $edge_assets/releases/${release}/frontend`,
    'try_files $uri @kept/assets/',
    'error_page 413 @too_large',
    'error_page 429 @too_many',
    'error_page 500 @failed',
    'error_page 503 @unavailable',
    'error_page 502 504 = @own/assets/',
    ...proxied,
  ]);
  expect(text(found['@kept/assets/'])).toEqual(['root $edge_assets/all/frontend', 'try_files $uri @app/assets/']);
  expect(text(found['@app/assets/'])).toEqual(proxied);
  expect(text(found['@own/assets/'])).toEqual([`root $edge_assets/releases/${release}/frontend`, 'try_files $uri @no_answer']);
});

test('only who reads gets a file of the edge', () => {
  const map = rendered({ services: [frontend], assets: release }).http.find(({ args }) => args[1] === '$edge_assets');
  expect(map?.args[0]).toBe('$request_method');
  const folder = ['/var/lib/edge/assets'];
  expect(map?.block).toEqual([
    { name: 'GET', args: folder },
    { name: 'HEAD', args: folder },
    { name: 'default', args: ['/dev/null'] },
  ]);
});

test('where the edge keeps none, nothing is said of them', () => {
  const { files } = rendered({ services: [frontend] });
  expect(files).toEqual(rendered({ services: [{ ...frontend, assets: [] }] }).files);
});

test('limits, timeouts and body are those of the route', () => {
  const route = { path: '/api/', timeout: '2m', body: '100m' };
  const found = locations({ services: [web('backend', { route, assets: '/a/assets' })], assets: release });
  for (const path of ['/api/assets/', '@app/api/assets/']) {
    expect(valuesOf(found[path], 'proxy_read_timeout'), path).toEqual(['120000ms']);
    expect(valuesOf(found[path], 'client_max_body_size'), path).toEqual(['100m']);
  }
  expect(valuesOf(found['/api/assets/'], 'limit_req')).toEqual(valuesOf(found['/api/'], 'limit_req'));
  // Whoever comes to them has been counted.
  for (const path of ['@kept/api/assets/', '@app/api/assets/']) expect(valuesOf(found[path], 'limit_req')).toEqual([]);
});

test('a path with a limit or a route of its own, on the folder or below it, has the files as well', () => {
  const limits = [
    { path: '/assets/', rate: 'auth' },
    { path: '/assets/deep/', rate: 'api' },
  ];
  const service = web('frontend', { route: { path: '/' }, assets: '/app/dist/assets', limits });
  const found = locations({ services: [service], assets: release });
  expect(valuesOf(found['/assets/'], 'limit_req')[0]).toMatch(/zone=auth/);
  expect(valuesOf(found['/assets/deep/'], 'limit_req')[0]).toMatch(/zone=api/);
  expect(valuesOf(found['/assets/deep/'], 'try_files')).toEqual(['$uri @kept/assets/deep/']);
});

test('a host where the path is another service’s goes there', () => {
  const other = web('cdn', { route: { path: '/assets/', host: 'x.example' } });
  const service = web('frontend', { route: [{ path: '/' }, { path: '/', host: 'y.example' }], assets: '/app/dist/assets' });
  const services = [service, other];
  expect(valuesOf(locations({ services, assets: release }, 'x.example')['/assets/'], 'try_files')).toEqual([]);
  expect(valuesOf(locations({ services, assets: release }, 'y.example')['/assets/'], 'try_files')).toEqual(['$uri @kept/assets/']);
});

describe('whatever has assets', () => {
  const path = fc.constantFrom('/', '/a', '/a/', '/a/b/');
  const place = fc.constantFrom('/a/', '/a/b/', '/c/');
  const host = fc.constantFrom(undefined, 'x.example');
  const service = fc.record({
    route: fc.uniqueArray(fc.record({ path, host }), { minLength: 1, maxLength: 3, selector: (one) => `${one.host ?? ''}${one.path}` }),
    assets: fc.uniqueArray(place, { maxLength: 2 }).map((all) => all.map((at) => ({ folder: '/x', at }))),
  });
  const services = fc
    .array(service, { minLength: 1, maxLength: 3 })
    .map((all) =>
      all.map(({ route, assets }, index) => web(`s${index}`, { route: route.map((one) => JSON.parse(JSON.stringify(one))), assets })),
    )
    .filter((all) => {
      const keys = all.flatMap(({ route }) => route.map((one) => `${one.host ?? ''}${one.path}`));
      return new Set(keys).size === keys.length;
    });

  test('no server has two locations of one name, and no path goes to another service than without', () => {
    fc.assert(
      fc.property(services, fc.constantFrom('/a/x', '/a/b/x', '/c/x', '/d'), (all, asked) => {
        const [held, without] = [all, all.map((one) => ({ ...one, assets: [] }))].map((some) =>
          publicServers(rendered({ services: some, assets: release }).servers),
        );
        for (const [index, server] of (held ?? []).entries()) {
          const paths = locationPaths(server);
          expect(new Set(paths).size).toBe(paths.length);
          expect(target(server, asked)).toBe(target(without?.[index], asked));
        }
      }),
      { numRuns: 300 },
    );
  });

  /** @returns where a server passes a path */
  function target(server: Parameters<typeof locationsOf>[0], asked: string): string | undefined {
    const matching = Object.entries(locationsOf(server)).filter(([at]) => asked.startsWith(at));
    return valuesOf(matching.sort(([a], [b]) => b.length - a.length)[0]?.[1], 'proxy_pass')[0];
  }
});

test('the same can be rendered for a target and a release that a request chooses', () => {
  const proxied = ['proxy_pass http://$edge_frontend;'];
  const blocks = assetBlocks({ path: '/assets/', service: 'frontend', limits: [], proxied, release: '$edge_chosen' });
  expect(blocks[0]?.[1]).toContain('root $edge_assets/releases/$edge_chosen/frontend;');
  expect(blocks.filter(([, inside]) => inside.includes(proxied[0] as string)).map(([path]) => path)).toEqual(['/assets/', '@app/assets/']);
});
