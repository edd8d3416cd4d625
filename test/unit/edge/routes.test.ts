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

  test('a path with a limit of its own is one more route with everything else of its route', () => {
    const service = appService('backend', {
      role: 'web',
      port: 8000,
      route: { path: '/api/', host: 'a.example', timeout: '2m', body: '1m' },
      limits: [{ path: '/api/v1/auth/', rate: 'auth' }],
    });
    const [whole, limited] = everywhere([service]);
    expect(limited).toEqual({ ...whole, path: '/api/v1/auth/', rate: 'auth' });
  });

  test('a limit on the path of a route is the limit of that route', () => {
    const service = appService('x', { role: 'web', port: 1, route: { path: '/api/' }, limits: [{ path: '/api/', rate: 'auth' }] });
    expect(everywhere([service]).map(({ path, rate }) => [path, rate])).toEqual([['/api/', 'auth']]);
  });

  test('a limit under several routes of a service is taken from the nearest', () => {
    const route = [
      { path: '/', body: '1m' },
      { path: '/api/', body: '2m' },
    ];
    const service = appService('x', { role: 'web', port: 1, route, limits: [{ path: '/api/v1/auth/', rate: 'auth' }] });
    expect(everywhere([service]).filter(({ rate }) => rate === 'auth')).toMatchObject([{ path: '/api/v1/auth/', body: '2m' }]);
  });

  test('a path with a limit of its own holds on every host of its service', () => {
    const service = appService('backend', {
      role: 'web',
      port: 1,
      route: [
        { path: '/', host: 'a.example' },
        { path: '/', host: 'b.example' },
      ],
      limits: [{ path: '/login', rate: 'auth' }],
    });
    expect(
      everywhere([service])
        .filter(({ path }) => path === '/login')
        .map(({ host }) => host),
    ).toEqual(['a.example', 'b.example']);
  });

  test('workers and singletons have none', () => {
    expect(routesOf([appService('queue'), appService('beat', { role: 'singleton' })])).toEqual([]);
  });
});

describe('routeFor', () => {
  const routes = everywhere([
    appService('frontend', { role: 'web', port: 3000, route: { path: '/' } }),
    appService('backend', { role: 'web', port: 8000, route: { path: '/api/' }, limits: [{ path: '/api/v1/auth/', rate: 'auth' }] }),
  ]);

  test.each([
    ['/', 'frontend', 'off'],
    ['/about', 'frontend', 'off'],
    ['/api', 'frontend', 'off'],
    ['/api/notes', 'backend', 'api'],
    ['/api/v1/auth/login', 'backend', 'auth'],
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
