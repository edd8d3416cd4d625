import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { schema } from '../../../scripts/lib/config/schema.js';
import { parseVersion } from '../../../scripts/lib/config/version.js';
import { serviceSchema } from '../../../scripts/lib/config/x-slipway.js';
import { allOf, valuesOf } from '../../files/nginx-syntax.js';
import { appService } from '../fixtures.js';
import { rendered } from './rendered.js';

const certificate = { certificate: 'the certificate', key: 'the key' };

describe('the set', () => {
  test('has the files that the edge takes, none of them readable by everybody', () => {
    const { set } = rendered();
    const files = ['instance.conf', 'http.conf', 'upstreams.conf', 'servers.conf', 'live.json', 'warm.conf'];
    expect(set.map(({ path }) => path)).toEqual(files);
    for (const { mode } of set) expect(mode).toBe(0o640);
  });

  test('says what it is, in one line', () => {
    expect(rendered().files['live.json']).toBe('{"colour":"green","release":"v1.2","token":42}\n');
  });

  test.each([
    ['off', undefined, []],
    ['self-signed', undefined, ['self-signed.names']],
    ['files', certificate, ['tls.crt', 'tls.key']],
  ])('with TLS %s it carries what that needs', (TLS, given, more) => {
    const { set } = rendered({ env: { TLS }, ...(given ? { certificate: given } : {}) });
    expect(set.map(({ path }) => path).slice(6)).toEqual(more);
  });

  test('carries the certificate as it is, and the names for a self-signed one a line each', () => {
    expect(rendered({ env: { TLS: 'files' }, certificate }).files).toMatchObject({ 'tls.crt': 'the certificate', 'tls.key': 'the key' });
    expect(rendered({ env: { TLS: 'self-signed', SERVER_NAMES: 'a.example,b.example' } }).files['self-signed.names']).toBe(
      'a.example\nb.example\n',
    );
  });

  test('on the staging port it has no TLS, and no key', () => {
    for (const TLS of ['self-signed', 'files']) {
      const { set } = rendered({ mode: 'staging', env: { TLS }, certificate });
      expect(set.map(({ path }) => path)).toEqual(['instance.conf', 'http.conf', 'upstreams.conf', 'servers.conf', 'live.json']);
    }
  });
});

describe('warm.conf', () => {
  test('asks each upstream once, by a request that changes nothing, for this container alone', () => {
    const { files } = rendered({ colour: 'green' });
    const warm = files['warm.conf'] ?? '';
    expect(warm).toContain('listen 127.0.0.1:8083;');
    expect(warm).toContain('proxy_method OPTIONS;');
    expect(
      [...warm.matchAll(/location = \/(\S+) \{ proxy_pass http:\/\/(\S+)\/; \}/g)].map(([, path, upstream]) => [path, upstream]),
    ).toEqual([
      ['frontend_green', 'frontend_green'],
      ['backend_green', 'backend_green'],
    ]);
  });

  test('is not in a set for the staging port', () => {
    expect(Object.keys(rendered({ mode: 'staging' }).files)).not.toContain('warm.conf');
  });
});

describe('instance.conf', () => {
  test('the drain is bounded, in milliseconds', () => {
    expect(valuesOf(rendered({ env: { DRAIN_TIMEOUT: '1.5s' } }).instance, 'worker_shutdown_timeout')).toEqual(['1500ms']);
    expect(valuesOf(rendered({ env: { DRAIN_TIMEOUT: '2m' } }).instance, 'worker_shutdown_timeout')).toEqual(['120000ms']);
  });

  test('the staging instance has a pid file of its own, so that signals never reach the live one', () => {
    const live = valuesOf(rendered().instance, 'pid');
    const staging = valuesOf(rendered({ mode: 'staging' }).instance, 'pid');
    expect(live).toEqual(['/tmp/edge.pid']);
    expect(staging).toEqual(['/tmp/staging.pid']);
  });

  test('the staging instance does not wait for clients', () => {
    expect(valuesOf(rendered({ mode: 'staging', env: { DRAIN_TIMEOUT: '5m' } }).instance, 'worker_shutdown_timeout')).toEqual(['1s']);
  });
});

describe('http.conf', () => {
  test('settings of .env are rendered', () => {
    const { http } = rendered({ env: { BODY_LIMIT: '7m', KEEPALIVE_TIMEOUT: '15s' } });
    expect(valuesOf(http, 'client_max_body_size')).toEqual(['7m']);
    expect(valuesOf(http, 'keepalive_timeout')).toEqual(['15000ms']);
  });

  test('idle connections are kept over a reload for as long as they are kept at all', () => {
    const { http } = rendered({ env: { KEEPALIVE_TIMEOUT: '9s' } });
    expect(valuesOf(http, 'keepalive_min_timeout')).toEqual(valuesOf(http, 'keepalive_timeout'));
  });

  test('every answer can name its release and colour', () => {
    const maps = rendered({ version: '1.20', colour: 'blue' }).http.filter(({ name }) => name === 'map');
    const value = (variable: string) => valuesOf(maps.find(({ args }) => args[1] === variable)?.block, 'default');
    expect(value('$edge_release')).toEqual(['1.20']);
    expect(value('$edge_colour')).toEqual(['blue']);
  });

  test.each([
    ['live', 'off', '$scheme'],
    ['live', 'files', '$scheme'],
    ['staging', 'off', '$scheme'],
    ['staging', 'self-signed', 'https'],
  ] as const)('on the %s port with TLS %s the app is told that the client came by %s', (mode, TLS, scheme) => {
    const map = rendered({ mode, env: { TLS } }).http.find(({ args }) => args[1] === '$edge_scheme');
    expect(valuesOf(map?.block, 'default')).toEqual([scheme]);
  });

  test('without TRUSTED_PROXIES no header decides who the client is', () => {
    expect(rendered().http.filter(({ name }) => name.includes('real_ip'))).toEqual([]);
  });

  test('with TRUSTED_PROXIES only those may say who the client is', () => {
    const { http } = rendered({ env: { TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8::/32' } });
    expect(valuesOf(http, 'set_real_ip_from')).toEqual(['10.0.0.0/8', '2001:db8::/32']);
    expect(valuesOf(http, 'real_ip_header')).toEqual(['X-Forwarded-For']);
    expect(valuesOf(http, 'real_ip_recursive')).toEqual(['on']);
  });

  test('each rate has a zone, keyed by the address that nginx sees, and refuses with 429', () => {
    const { http } = rendered({ env: { RATE_API: '10r/s', RATE_AUTH: '5r/m', RATE_ADDRESS: '400r/m' } });
    expect(valuesOf(http, 'limit_req_zone')).toEqual([
      '$binary_remote_addr zone=api:10m rate=10r/s',
      '$binary_remote_addr zone=auth:10m rate=5r/m',
      '$binary_remote_addr zone=address:10m rate=400r/m',
    ]);
    expect(valuesOf(http, 'limit_req_status')).toEqual(['429']);
  });

  test.each([
    [{ RATE_API: 'off' }, ['auth', 'address']],
    [{ RATE_AUTH: 'off', RATE_ADDRESS: 'off' }, ['api']],
    [{ RATE_API: 'off', RATE_AUTH: 'off', RATE_ADDRESS: 'off' }, []],
  ])('a rate that is off has no zone: %j', (env, zones) => {
    const { http } = rendered({ env });
    expect(valuesOf(http, 'limit_req_zone').map((value) => /zone=(\w+)/.exec(value)?.[1])).toEqual(zones);
    expect(valuesOf(http, 'limit_req_status')).toHaveLength(zones.length > 0 ? 1 : 0);
  });

  test('the staging port limits nobody', () => {
    expect(rendered({ mode: 'staging' }).http.filter(({ name }) => name.startsWith('limit_req'))).toEqual([]);
  });

  test('each routed service has one upstream, at the alias that only its colour has, following the DNS', () => {
    const upstreams = rendered({ colour: 'green' }).http.filter(({ name }) => name === 'upstream');
    expect(upstreams.map(({ args }) => args[0])).toEqual(['frontend_green', 'backend_green']);
    expect(upstreams.map(({ block }) => valuesOf(block, 'server')[0])).toEqual([
      'frontend.green:3000 resolve',
      'backend.green:8000 resolve',
    ]);
    for (const { args, block } of upstreams) expect(valuesOf(block, 'zone')).toEqual([`${args[0]} 64k`]);
  });

  test('idle upstream connections are given up before Node does, which is after five seconds', () => {
    for (const { block } of rendered().http.filter(({ name }) => name === 'upstream')) {
      expect(valuesOf(block, 'keepalive')).toEqual(['32']);
      expect(Number.parseInt(valuesOf(block, 'keepalive_timeout')[0] ?? '', 10)).toBeLessThan(5);
    }
  });

  test('the two colours share no upstream', () => {
    const of = (colour: 'blue' | 'green') =>
      rendered({ colour })
        .http.filter(({ name }) => name === 'upstream')
        .map(({ args }) => args[0]);
    expect(of('blue').filter((name) => of('green').includes(name))).toEqual([]);
  });
});

describe('no value that passed validation can break out of its place', () => {
  const nasty = (more: string) =>
    fc.string({ unit: fc.constantFrom(...`ab/.-0;{}"'\\$# \n\r\t*~^=_,:${more}`), minLength: 1, maxLength: 10 });
  const counts = (what: ReturnType<typeof rendered>) =>
    ['map', 'upstream', 'server', 'location', 'return', 'proxy_pass', 'listen', 'include'].map(
      (name) => allOf([...what.http, ...what.servers], name).length,
    );
  const passes = (accepts: () => unknown): boolean => {
    try {
      accepts();
      return true;
    } catch {
      return false;
    }
  };

  test('a path', () => {
    const path = nasty('é')
      .map((text) => `/${text}`)
      .filter((text) => serviceSchema.safeParse({ checks: [{ path: text }] }).success);
    const expected = counts(rendered({ services: [appService('x', { role: 'web', port: 1, route: { path: '/x' } })] }));
    fc.assert(
      fc.property(path, (text) => {
        fc.pre(text !== '/');
        const what = rendered({ services: [appService('x', { role: 'web', port: 1, route: { path: text } })] });
        expect(counts(what)).toEqual(expected);
        expect(allOf(what.servers, 'location').map(({ args }) => args)).toContainEqual([text]);
      }),
      { numRuns: 500 },
    );
  });

  test('a host of a route', () => {
    const accepts = (host: string) => serviceSchema.safeParse({ role: 'web', port: 1, route: { path: '/', host } }).success;
    fc.assert(
      fc.property(nasty('*').filter(accepts), (host) => {
        const { servers } = rendered({ services: [appService('x', { role: 'web', port: 1, route: { path: '/', host } })] });
        expect(allOf(servers, 'server_name').map(({ args }) => args)).toEqual([[host]]);
      }),
      { numRuns: 500 },
    );
  });

  test('a version', () => {
    fc.assert(
      fc.property(
        nasty('v').filter((version) => passes(() => parseVersion(version))),
        (version) => {
          const what = rendered({ version });
          expect(counts(what)).toEqual(counts(rendered()));
          const map = what.http.find(({ args }) => args[1] === '$edge_release');
          expect(valuesOf(map?.block, 'default')).toEqual([version]);
          const live = allOf(what.servers, 'location').find(({ args }) => args.join(' ') === '= /live');
          expect(valuesOf(live?.block, 'return')).toEqual([`200 {"colour":"green","release":"${version}","token":42}\\n`]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each(['SERVER_NAMES', 'TRUSTED_PROXIES', 'RATE_API', 'BODY_LIMIT', 'KEEPALIVE_TIMEOUT', 'DRAIN_TIMEOUT'] as const)('%s', (key) => {
    // TLS files make SERVER_NAMES matter; the values of a good example give the texts a chance to pass.
    const seed = {
      SERVER_NAMES: 'a.example',
      TRUSTED_PROXIES: '10.0.0.0/8',
      RATE_API: '10r/s',
      BODY_LIMIT: '20m',
      KEEPALIVE_TIMEOUT: '15s',
      DRAIN_TIMEOUT: '30s',
    }[key];
    const value = fc
      .tuple(nasty('rsmg'), fc.nat(seed.length))
      .map(([text, at]) => seed.slice(0, at) + text + seed.slice(at))
      .filter((text) => schema.shape[key].safeParse(text).success);
    fc.assert(
      fc.property(value, (text) => {
        const what = rendered({ env: { [key]: text, TLS: 'self-signed' } });
        expect(counts(what)).toEqual(counts(rendered({ env: { TLS: 'self-signed' } })));
        for (const directive of [...what.instance, ...what.http]) expect(directive.name).toMatch(/^[a-z0-9_]+$/);
        for (const name of what.files['self-signed.names']?.trim().split('\n') ?? []) expect(name).toMatch(/^[\w.*-]+$/);
      }),
      { numRuns: 100 },
    );
  });
});
