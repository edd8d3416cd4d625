import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeSet, parseSet } from '../../../scripts/lib/edge/live.js';
import type { EdgeCanary } from '../../../scripts/lib/edge/target.js';
import { type Directive, valuesOf } from '../../files/nginx-syntax.js';
import { appService } from '../fixtures.js';
import { locationPaths, locationsOf, publicServers, rendered, sample } from './rendered.js';

const web = (name: string, block: Record<string, unknown>) => appService(name, { role: 'web', port: 8000, ...block });
const canary = (services = sample): EdgeCanary => ({ colour: 'blue', version: 'v1.3', token: 43, services, share: 25 });

/** @returns what a map gives for a key, by its own entries, or else its default */
function mapped(maps: readonly Directive[], variable: string, key: string): string | undefined {
  const map = maps.find(({ name, args }) => name === 'map' && args[1] === variable);
  const entry = (of: string) => map?.block?.find(({ name }) => name === of)?.args[0];
  return entry(key) ?? entry('default');
}

/** @returns the upstream that a client of a colour meets at a path of a server; '' where there is none */
function upstreamAt(servers: readonly Directive[], server: Directive | undefined, path: string, colour: string): string | undefined {
  const [passed = ''] = valuesOf(locationsOf(server)[path], 'proxy_pass');
  return mapped(servers, passed.replace('http://', ''), colour);
}

describe('the set of a canary', () => {
  test('describes itself, under the token of the live release, and is read back', () => {
    const { files } = rendered({ canary: canary() });
    const text = files['live.json'] ?? '';
    expect(text).toBe('{"colour":"green","release":"v1.2","token":42,"canary":{"token":43,"colour":"blue","release":"v1.3","share":25}}\n');
    expect(parseSet(text)).toEqual({
      colour: 'green',
      version: 'v1.2',
      token: 42,
      canary: { token: 43, colour: 'blue', version: 'v1.3', share: 25 },
    });
    expect(files['servers.conf']).toContain(text.trim());
    expect(describeSet({ colour: 'green', version: 'v1.2', token: 42 })).toBe('{"colour":"green","release":"v1.2","token":42}');
  });

  test('draws a share of the clients by their id, a pin by cookie goes before it, and one by header before all', () => {
    const { http, files } = rendered({ canary: canary() });
    const drawn = http.find(({ name }) => name === 'split_clients');
    expect(drawn?.args).toEqual(['$edge_client v1.3', '$edge_drawn']);
    expect(drawn?.block?.map(({ name, args }) => [name, ...args])).toEqual([
      ['25%', 'blue'],
      ['*', 'green'],
    ]);
    expect(mapped(http, '$edge_pinned', '')).toBe('$edge_drawn');
    expect(mapped(http, '$edge_colour', '')).toBe('$edge_pinned');
    expect(mapped(http, '$edge_colour', 'blue')).toBe('blue');
    expect(mapped(http, '$edge_release', 'blue')).toBe('v1.3');
    expect(mapped(http, '$edge_release', 'green')).toBe('v1.2');
    expect(files['http.conf']).toContain('map $http_x_slipway_colour $edge_colour');
    expect(files['http.conf']).toContain('map $cookie_slipway_colour $edge_pinned');
  });

  test('gives an id to who has none, and only then is there a cookie at all', () => {
    const { http, servers } = rendered({ canary: canary() });
    expect(mapped(http, '$edge_new_client', '')).toBe(
      'slipway_client=$request_id; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax$edge_secure_cookie',
    );
    expect(publicServers(servers).flatMap(({ block }) => valuesOf(block, 'add_header'))).toEqual(['Set-Cookie $edge_new_client always']);
    expect(JSON.stringify(rendered().files)).not.toMatch(/cookie/i);
  });

  test('has the upstreams of both colours, each warmed by its name', () => {
    const { http, files } = rendered({ canary: canary() });
    const names = http.filter(({ name }) => name === 'upstream').map(({ args }) => args[0]);
    expect(names).toEqual(['frontend_green', 'backend_green', 'frontend_blue', 'backend_blue']);
    for (const name of names) expect(files['warm.conf']).toContain(`location = /${name} {`);
  });

  test('sends each client to the service of its own release', () => {
    const { servers } = rendered({ canary: canary() });
    const [server] = publicServers(servers);
    expect(upstreamAt(servers, server, '/api/', 'green')).toBe('backend_green');
    expect(upstreamAt(servers, server, '/api/', 'blue')).toBe('backend_blue');
    expect(upstreamAt(servers, server, '/', 'blue')).toBe('frontend_blue');
  });

  test('a path that only one release routes is answered by what the other has above it, or not at all', () => {
    const services = [web('frontend', { route: { path: '/' } }), web('admin', { route: { path: '/admin/' } })];
    const { servers } = rendered({ services: [web('backend', { route: { path: '/api/' } })], canary: canary(services) });
    const [server] = publicServers(servers);
    expect(upstreamAt(servers, server, '/admin/', 'blue')).toBe('admin_blue');
    expect(upstreamAt(servers, server, '/admin/', 'green')).toBe('');
    expect(upstreamAt(servers, server, '/api/', 'green')).toBe('backend_green');
    expect(upstreamAt(servers, server, '/api/', 'blue')).toBe('frontend_blue');
    const [variable] = valuesOf(locationsOf(server)['/admin/'], 'proxy_pass').map((to) => to.replace('http://', ''));
    expect(
      locationsOf(server)
        ['/admin/']?.find(({ name }) => name === 'if')
        ?.args.join(' '),
    ).toBe(`(${variable} =  )`);
  });

  test('has the assets of both: a file that the new release lacks comes from the kept ones, any other from the client’s own', () => {
    const services = [web('frontend', { route: { path: '/' }, assets: '/app/public/assets' })];
    const { servers } = rendered({ services, canary: canary(services), assets: 'v1.3-x' });
    const locations = locationsOf(publicServers(servers)[0]);
    expect(valuesOf(locations['/assets/'], 'root')).toEqual(['$edge_assets/releases/v1.3-x/frontend']);
    expect(valuesOf(locations['@kept/assets/'], 'root')).toEqual(['$edge_assets/all/frontend']);
    expect(upstreamAt(servers, publicServers(servers)[0], '/assets/', 'green')).toBe('frontend_green');
    expect(upstreamAt(servers, publicServers(servers)[0], '@app/assets/', 'blue')).toBe('frontend_blue');
  });

  test('whatever the routes of both are, each client meets what its release alone would give it', () => {
    const path = fc.constantFrom('/', '/a/', '/a/b/', '/c/');
    const host = fc.option(fc.constantFrom('x.example', 'y.example'), { nil: undefined });
    const app = fc
      .uniqueArray(fc.record({ path, host, name: fc.constantFrom('s-1', 's_1', 'other') }), {
        minLength: 1,
        maxLength: 6,
        selector: ({ path: at, host: on }) => `${on ?? ''}${at}`,
      })
      .map((routes) =>
        [...new Set(routes.map(({ name }) => name))].map((name) =>
          web(name, {
            route: routes
              .filter((route) => route.name === name)
              .map(({ path: at, host: on }) => ({ path: at, ...(on ? { host: on } : {}) })),
          }),
        ),
      );
    fc.assert(
      fc.property(app, app, (old, next) => {
        const both = rendered({ services: old, canary: canary(next) }).servers;
        const alone = { green: rendered({ services: old }).servers, blue: rendered({ services: next, colour: 'blue' }).servers };
        for (const server of publicServers(both)) {
          const [name] = valuesOf(server.block, 'server_name');
          expect(new Set(locationPaths(server)).size).toBe(locationPaths(server).length);
          for (const [colour, servers] of Object.entries(alone)) {
            const all = publicServers(servers);
            const own = all.find(({ block }) => valuesOf(block, 'server_name')[0] === name) ?? all[0];
            for (const at of ['/', '/a/', '/a/b/', '/c/'].filter((one) => locationPaths(server).includes(one))) {
              if (valuesOf(locationsOf(server)[at], 'return').length > 0) continue;
              const above = locationPaths(own)
                .filter((one) => at.startsWith(one))
                .sort((a, b) => b.length - a.length)[0];
              const [wanted = 'http://'] = valuesOf(locationsOf(own)[above ?? ''], 'proxy_pass');
              expect(upstreamAt(both, server, at, colour)).toBe(wanted.replace('http://', ''));
            }
          }
        }
      }),
    );
  });
});
