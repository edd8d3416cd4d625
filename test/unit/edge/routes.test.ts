import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AppService } from '../../../scripts/lib/config/app-model.js';
import { hostsOf, limitsOf, routeFor, routesAt, routesOf } from '../../../scripts/lib/edge/routes.js';
import { appService } from '../fixtures.js';

/** What holds on any of the hosts, limits included. */
function everywhere(services: readonly AppService[]) {
  const routes = routesOf(services);
  return hostsOf(routes).flatMap((host) => routesAt(routes, limitsOf(services), host));
}

describe('routesOf', () => {
  test('a route carries its service, port and what it declares', () => {
    const service = appService('backend', {
      role: 'web',
      port: 8000,
      route: { path: '/files/', host: 'a.example', rate: 'auth', timeout: '2m', body: '100m' },
    });
    expect(routesOf([service])).toEqual([
      { host: 'a.example', path: '/files/', service: 'backend', port: 8000, rate: 'auth', timeout: 120_000, body: '100m' },
    ]);
  });

  test.each([
    ['/api/', undefined, 'api'],
    ['/api', undefined, 'api'],
    ['/api/v1/', undefined, 'api'],
    ['/', undefined, 'off'],
    ['/my/api/', undefined, 'off'],
    ['/apiary/', undefined, 'off'],
    ['/api/', 'off', 'off'],
    ['/', 'api', 'api'],
  ])('the limit of %s (declared: %s) is %s', (path, rate, expected) => {
    const service = appService('x', { role: 'web', port: 1, route: { path, ...(rate ? { rate } : {}) } });
    expect(routesOf([service]).map((route) => route.rate)).toEqual([expected]);
  });

  test('workers and singletons have none', () => {
    expect(routesOf([appService('queue'), appService('beat', { role: 'singleton' })])).toEqual([]);
  });
});

describe('routesAt', () => {
  const web = (name: string, block: Record<string, unknown>) => appService(name, { role: 'web', port: 8000, ...block });
  const at = (host: string | undefined, ...services: ReturnType<typeof web>[]) => routesAt(routesOf(services), limitsOf(services), host);
  const said = (routes: ReturnType<typeof at>) => routes.map(({ path, service, rate }) => `${path} ${service} ${rate}`).sort();

  test('a host has its own routes, and the general ones of the paths that it does not have', () => {
    const services = [
      web('frontend', { route: { path: '/' } }),
      web('backend', { route: { path: '/api/' } }),
      web('admin', { route: { path: '/', host: 'admin.example' } }),
    ];
    expect(said(at('admin.example', ...services))).toEqual(['/ admin off', '/api/ backend api']);
    expect(said(at(undefined, ...services))).toEqual(['/ frontend off', '/api/ backend api']);
  });

  test('a path with a limit of its own is one more route with everything else of its route', () => {
    const route = { path: '/api/', timeout: '2m', body: '1m' };
    const [whole, limited] = at(undefined, web('backend', { route, limits: [{ path: '/api/v1/auth/', rate: 'auth' }] }));
    expect(limited).toEqual({ ...whole, path: '/api/v1/auth/', rate: 'auth' });
  });

  test('a path with a limit of its own holds on every host of its service', () => {
    const hosts = ['a.example', 'b.example'];
    const service = web('shop', { route: hosts.map((host) => ({ path: '/', host })), limits: [{ path: '/login', rate: 'auth' }] });
    for (const host of hosts) expect(said(at(host, service))).toEqual(['/ shop off', '/login shop auth']);
    expect(at(undefined, service)).toEqual([]);
  });

  test('a limit on the path of a route is the limit of that route', () => {
    expect(said(at(undefined, web('x', { route: { path: '/api/' }, limits: [{ path: '/api/', rate: 'auth' }] })))).toEqual([
      '/api/ x auth',
    ]);
  });

  test('a limit under several routes of a service is taken from the nearest', () => {
    const route = [
      { path: '/', body: '1m' },
      { path: '/api/', body: '2m' },
    ];
    const routes = at(undefined, web('x', { route, limits: [{ path: '/api/v1/auth/', rate: 'auth' }] }));
    expect(routes.filter(({ rate }) => rate === 'auth')).toMatchObject([{ path: '/api/v1/auth/', body: '2m' }]);
  });

  test('the last of two limits on one path holds, whatever order limits of other paths have', () => {
    const limits = [
      { path: '/a/', rate: 'auth' },
      { path: '/a/b/', rate: 'auth' },
      { path: '/a/', rate: 'api' },
    ];
    const expected = ['/ x off', '/a/ x api', '/a/b/ x auth'];
    expect(said(at(undefined, web('x', { route: { path: '/' }, limits })))).toEqual(expected);
  });

  test('a limit on a path that another service has on this host is not held here', () => {
    const services = [
      web('backend', { route: { path: '/' }, limits: [{ path: '/a/b/', rate: 'auth' }] }),
      web('other', { route: { path: '/a/', host: 'x.example' } }),
    ];
    expect(said(at('x.example', ...services))).toEqual(['/ backend off', '/a/ other off']);
    expect(said(at(undefined, ...services))).toEqual(['/ backend off', '/a/b/ backend auth']);
  });
});

test('every host that a route names has a server of its own, beside the one for any other', () => {
  const routes = ['b.example', undefined, 'a.example', 'b.example'].map((host, index) => ({
    path: `/${index}`,
    ...(host ? { host } : {}),
  }));
  expect(hostsOf(routesOf([appService('x', { role: 'web', port: 1, route: routes })]))).toEqual([undefined, 'b.example', 'a.example']);
});

describe('routeFor', () => {
  const routes = everywhere([
    appService('frontend', { role: 'web', port: 3000, route: { path: '/' } }),
    appService('backend', { role: 'web', port: 8000, route: { path: '/api/' } }),
  ]);

  test.each([
    ['/', 'frontend', 'off'],
    ['/about', 'frontend', 'off'],
    ['/api', 'frontend', 'off'],
    ['/api/notes', 'backend', 'api'],
  ])('%s goes to %s', (path, service, rate) => {
    expect(routeFor(routes, path)).toMatchObject({ service, rate });
  });

  test('a path that no route leads to has none', () => {
    expect(routeFor(routesOf([appService('b', { role: 'web', port: 1, route: { path: '/api/' } })]), '/health')).toBeUndefined();
  });

  test('the longest prefix wins, in whatever order the services stand', () => {
    const prefix = fc
      .array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 })
      .map((parts) => `/${parts.map((part) => `${part}/`).join('')}`);
    fc.assert(
      fc.property(fc.uniqueArray(prefix, { minLength: 1, maxLength: 6 }), prefix, (paths, asked) => {
        const all = routesOf(paths.map((path, index) => appService(`s${index}`, { role: 'web', port: 1, route: { path } })));
        const longest = Math.max(...paths.filter((path) => asked.startsWith(path)).map((path) => path.length));
        expect(routeFor(all, asked)?.path.length ?? Number.NEGATIVE_INFINITY).toBe(longest);
        expect(routeFor([...all].reverse(), asked)).toEqual(routeFor(all, asked));
      }),
    );
  });

  test('it does not reorder the routes that it is given', () => {
    const before = structuredClone(routes);
    routeFor(routes, '/api/v1/auth/x');
    expect(routes).toEqual(before);
  });
});
