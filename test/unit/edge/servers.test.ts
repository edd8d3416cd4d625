import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readAppModel } from '../../../scripts/lib/config/app-model.js';
import { namesOf } from '../../../scripts/lib/config/names.js';
import { UsageError } from '../../../scripts/lib/errors.js';
import { valuesOf } from '../../files/nginx-syntax.js';
import { appService } from '../fixtures.js';
import { locationPaths, locationsOf, publicServers, rendered } from './rendered.js';

const web = (name: string, block: Record<string, unknown>) => appService(name, { role: 'web', port: 8000, ...block });
const passesTo = (server: Parameters<typeof locationsOf>[0]) =>
  Object.fromEntries(Object.entries(locationsOf(server)).map(([path, inside]) => [path, valuesOf(inside, 'proxy_pass')[0]]));

describe('hosts', () => {
  test('routes without a host are served on any host, by the one default server', () => {
    const servers = publicServers(rendered().servers);
    expect(servers.map(({ block }) => [valuesOf(block, 'listen'), valuesOf(block, 'server_name')])).toEqual([
      [['80 default_server', '8084 default_server'], []],
    ]);
    expect(passesTo(servers[0])).toEqual({
      '/': 'http://frontend_green',
      '/api/': 'http://backend_green',
      '/api/v1/auth/': 'http://backend_green',
    });
  });

  test('a host of its own has its own routes, and the general ones that it does not have itself', () => {
    const services = [
      web('frontend', { route: { path: '/' } }),
      web('backend', { route: { path: '/api/' } }),
      web('admin', {
        route: [
          { path: '/', host: 'admin.example' },
          { path: '/tools/', host: 'admin.example' },
        ],
      }),
    ];
    const [any, admin] = publicServers(rendered({ services }).servers);
    expect(passesTo(any)).toEqual({ '/': 'http://frontend_green', '/api/': 'http://backend_green' });
    expect(valuesOf(admin?.block, 'server_name')).toEqual(['admin.example']);
    expect(valuesOf(admin?.block, 'listen')).toEqual(['80', '8084']);
    expect(passesTo(admin)).toEqual({ '/': 'http://admin_green', '/tools/': 'http://admin_green', '/api/': 'http://backend_green' });
  });

  test('a host that several services name has one server', () => {
    const services = [web('a', { route: { path: '/a/', host: 'x.example' } }), web('b', { route: { path: '/b/', host: 'x.example' } })];
    const names = publicServers(rendered({ services }).servers).flatMap(({ block }) => valuesOf(block, 'server_name'));
    expect(names).toEqual(['x.example']);
  });

  test('a path that nobody routes is answered with 404 by the edge itself', () => {
    const [server] = publicServers(rendered({ services: [web('backend', { route: { path: '/api/' } })] }).servers);
    expect(valuesOf(locationsOf(server)['/'], 'return')).toEqual(['404']);
  });

  test('no server has two locations of one path, whatever the routes are', () => {
    const path = fc.constantFrom('/', '/a/', '/a/b/', '/c/');
    const host = fc.option(fc.constantFrom('x.example', 'y.example'), { nil: undefined });
    const routes = fc.uniqueArray(fc.record({ path, host }), { minLength: 1, selector: (route) => `${route.host ?? ''}${route.path}` });
    fc.assert(
      fc.property(routes, (all) => {
        const services = all.map(({ path: to, host: on }, index) => web(`s${index}`, { route: { path: to, ...(on ? { host: on } : {}) } }));
        for (const server of publicServers(rendered({ services }).servers)) {
          const paths = locationPaths(server);
          expect(new Set(paths).size).toBe(paths.length);
        }
      }),
    );
  });

  test.each([
    ['a limit on the path of the route itself', [web('backend', { route: { path: '/api/' }, limits: [{ path: '/api/', rate: 'auth' }] })]],
    [
      'a limit under two routes of one service',
      [web('backend', { route: [{ path: '/' }, { path: '/api/' }], limits: [{ path: '/api/v1/auth/', rate: 'auth' }] })],
    ],
  ])('no server has two locations of one path: %s', (_, services) => {
    for (const server of publicServers(rendered({ services }).servers)) {
      const paths = locationPaths(server);
      expect(new Set(paths).size).toBe(paths.length);
    }
  });
});

describe('whatever the check of the Compose file accepts', () => {
  const path = fc.constantFrom('/', '/a', '/a/', '/a/b/');
  const host = fc.constantFrom(undefined, 'x.example', 'y.example');
  const service = fc.record({
    route: fc.array(fc.record({ path, host }), { minLength: 1, maxLength: 3 }),
    limits: fc.array(fc.record({ path, rate: fc.constantFrom('api', 'auth', 'off') }), { maxLength: 2 }),
  });
  /** @returns the services of apps that pass the check; those that it refuses are left out */
  const accepted = fc.array(service, { minLength: 1, maxLength: 3 }).map((all) => {
    const blocks = all.map(({ route, limits }) => ({
      role: 'web',
      port: 80,
      route: route.map(({ path: to, host: on }) => ({ path: to, ...(on ? { host: on } : {}) })),
      limits,
    }));
    const services = Object.fromEntries(
      blocks.map((block, index) => [`s${index}`, { image: 'x', networks: { app: null }, 'x-slipway': block }]),
    );
    try {
      return readAppModel(stringify({ services, networks: { app: { name: 'shop-app' } } }), namesOf('shop')).services;
    } catch (error) {
      if (error instanceof UsageError) return undefined;
      throw error;
    }
  });

  // nginx refuses a second location of one path.
  test('no server has two locations of one path', () => {
    fc.assert(
      fc.property(accepted, (services) => {
        fc.pre(services !== undefined);
        for (const one of publicServers(rendered({ services }).servers)) {
          const paths = locationPaths(one);
          expect(new Set(paths).size).toBe(paths.length);
        }
      }),
      { numRuns: 500 },
    );
  });

  // A limit becomes a location of its own, which may be longer than the route that another service has for the path.
  test('the log-in path of a host goes to the service that has the host', () => {
    const services = [
      web('backend', { route: { path: '/api/' }, limits: [{ path: '/api/v1/auth/', rate: 'auth' }] }),
      web('admin', { route: { path: '/api/', host: 'admin.example' } }),
    ];
    const admin = publicServers(rendered({ services }).servers).find(({ block }) =>
      valuesOf(block, 'server_name').includes('admin.example'),
    );
    expect(targetOf(admin, '/api/v1/auth/login')).toBe('http://admin_green');
  });

  test('a limit never changes which service a path goes to', () => {
    fc.assert(
      fc.property(accepted, fc.constantFrom('/', '/a', '/a/x', '/a/b/', '/a/b/c'), (services, asked) => {
        fc.pre(services !== undefined);
        const without = services.map((one) => ({ ...one, limits: [] }));
        const targets = (all: typeof services) => publicServers(rendered({ services: all }).servers).map((one) => targetOf(one, asked));
        expect(targets(services)).toEqual(targets(without));
      }),
      { numRuns: 500 },
    );
  });
});

/** @returns where a server passes a path: nginx takes the longest location that the path begins with */
function targetOf(server: Parameters<typeof locationsOf>[0], asked: string): string | undefined {
  const matching = Object.entries(locationsOf(server)).filter(([path]) => asked.startsWith(path));
  const [, inside] = matching.sort(([a], [b]) => b.length - a.length)[0] ?? [];
  return valuesOf(inside, 'proxy_pass')[0];
}

describe('locations', () => {
  test('each passes the headers of the one file, since a proxy_set_header of its own would drop them', () => {
    const [server] = publicServers(rendered().servers);
    for (const inside of Object.values(locationsOf(server))) {
      expect(valuesOf(inside, 'include')).toEqual(['/etc/nginx/snippets/proxy.conf']);
      expect(inside.map(({ name }) => name)).not.toContain('proxy_set_header');
      expect(inside.map(({ name }) => name)).not.toContain('add_header');
    }
  });

  test('a timeout and a body size of their own are rendered, and left to the defaults otherwise', () => {
    const services = [web('backend', { route: [{ path: '/', timeout: '2m', body: '100m' }, { path: '/api/' }] })];
    const locations = locationsOf(publicServers(rendered({ services }).servers)[0]);
    expect(valuesOf(locations['/'], 'proxy_read_timeout')).toEqual(['120000ms']);
    expect(valuesOf(locations['/'], 'proxy_send_timeout')).toEqual(['120000ms']);
    expect(valuesOf(locations['/'], 'client_max_body_size')).toEqual(['100m']);
    expect(locations['/api/']?.map(({ name }) => name)).toEqual(['limit_req', 'limit_req', 'proxy_pass', 'include']);
  });

  test('each lists all of its limits, since one here drops those of the server', () => {
    const locations = locationsOf(publicServers(rendered().servers)[0]);
    expect(valuesOf(locations['/'], 'limit_req')).toEqual(['zone=address burst=2000 nodelay']);
    expect(valuesOf(locations['/api/'], 'limit_req')).toEqual(['zone=api burst=20 nodelay', 'zone=address burst=2000 nodelay']);
    expect(valuesOf(locations['/api/v1/auth/'], 'limit_req')).toEqual(['zone=auth burst=5 nodelay', 'zone=address burst=2000 nodelay']);
  });

  test('no location uses a limit that is off', () => {
    const switches = fc.record({
      RATE_API: fc.constantFrom('off', '1r/s'),
      RATE_AUTH: fc.constantFrom('off', '1r/s'),
      RATE_ADDRESS: fc.constantFrom('off', '1r/s'),
    });
    fc.assert(
      fc.property(switches, (env) => {
        const { http, servers } = rendered({ env });
        const zones = valuesOf(http, 'limit_req_zone').map((value) => /zone=(\w+)/.exec(value)?.[1]);
        const used = Object.values(locationsOf(publicServers(servers)[0])).flatMap((inside) => valuesOf(inside, 'limit_req'));
        for (const use of used) expect(zones).toContain(/zone=(\w+)/.exec(use)?.[1]);
        expect(used.length > 0).toBe(zones.length > 0);
      }),
    );
  });
});

describe('TLS', () => {
  const services = [web('frontend', { route: { path: '/' } }), web('admin', { route: { path: '/', host: 'admin.example' } })];
  const listens = (env: Record<string, string>) => rendered({ services, env }).servers.flatMap(({ block }) => valuesOf(block, 'listen'));

  test('off: plain HTTP, nothing on the TLS port', () => {
    expect(listens({ TLS: 'off' })).toEqual(['80 default_server', '8084 default_server', '80', '8084']);
  });

  test.each(['self-signed', 'files'])('%s: every server of the app speaks TLS and HTTP/2, and plain HTTP only redirects', (TLS) => {
    expect(listens({ TLS })).toEqual(['443 ssl default_server', '8084 ssl default_server', '443 ssl', '8084 ssl', '80 default_server']);
    for (const { block } of publicServers(rendered({ services, env: { TLS } }).servers)) {
      expect(valuesOf(block, 'http2')).toEqual(['on']);
      expect(valuesOf(block, 'ssl_certificate')).toHaveLength(1);
    }
  });

  test.each([
    ['files', 'tls.crt', 'tls.key'],
    ['self-signed', '/var/lib/edge/tls/self-signed.crt', '/var/lib/edge/tls/self-signed.key'],
  ])('%s uses %s', (TLS, certificate, key) => {
    for (const { block } of publicServers(rendered({ services, env: { TLS } }).servers)) {
      expect(valuesOf(block, 'ssl_certificate')).toEqual([certificate]);
      expect(valuesOf(block, 'ssl_certificate_key')).toEqual([key]);
    }
  });

  test.each([
    ['443', '308 https://$host$request_uri'],
    ['8443', '308 https://$host:8443$request_uri'],
  ])('the redirect goes to the published port %s, and keeps the method of a POST', (HTTPS_PORT, value) => {
    const { servers } = rendered({ env: { TLS: 'files', HTTPS_PORT } });
    expect(servers.flatMap(({ block }) => valuesOf(block, 'return'))).toEqual([value]);
  });

  test('the redirect carries the headers of every response', () => {
    const redirect = rendered({ env: { TLS: 'files' } }).servers.find(({ block }) => valuesOf(block, 'return').length > 0);
    expect(valuesOf(redirect?.block, 'include')).toContain('/etc/nginx/snippets/headers.conf');
  });
});

describe('every server of the app', () => {
  test.each(['live', 'staging'] as const)('on the %s port has the headers and the errors of the edge', (mode) => {
    for (const { block } of publicServers(rendered({ mode }).servers)) {
      expect(valuesOf(block, 'include')).toEqual(['/etc/nginx/snippets/headers.conf', '/etc/nginx/snippets/errors.conf']);
    }
  });
});

describe('the staging port', () => {
  test('answers the same routes on the one port that is not published, without TLS, limits, log or private server', () => {
    for (const TLS of ['off', 'self-signed', 'files']) {
      const { servers } = rendered({ mode: 'staging', env: { TLS } });
      expect(servers.map(({ block }) => valuesOf(block, 'listen'))).toEqual([['8082 default_server']]);
      expect(passesTo(servers[0])).toEqual(passesTo(publicServers(rendered({ env: { TLS } }).servers)[0]));
      expect(valuesOf(servers[0]?.block, 'access_log')).toEqual(['off']);
      for (const inside of Object.values(locationsOf(servers[0]))) expect(valuesOf(inside, 'limit_req')).toEqual([]);
    }
  });
});

describe('the private port', () => {
  test('says what the worker that answers runs', () => {
    const server = rendered().servers.at(-1);
    expect(valuesOf(server?.block, 'include')).toEqual(['/etc/nginx/snippets/private.conf']);
    expect(valuesOf(locationsOf(server)['= /live'], 'return')).toEqual(['200 {"colour":"green","release":"v1.2","token":42}\\n']);
  });
});
