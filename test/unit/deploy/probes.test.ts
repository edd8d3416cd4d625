import { describe, expect, test } from 'vitest';
import type { Config } from '../../../scripts/lib/config/load.js';
import { namesOf } from '../../../scripts/lib/config/names.js';
import { checksOf } from '../../../scripts/lib/deploy/checks.js';
import { aimChecks, type Door, headersFor } from '../../../scripts/lib/deploy/probes.js';
import { appService, containerState, edgeSettings } from '../fixtures.js';

/** @returns what aiming reads of a configuration */
function config(env: Record<string, string> = {}, appEnv: Record<string, string> = {}): Config {
  return { settings: edgeSettings(env), names: namesOf('shop'), appEnv, environment: {} } as Config;
}

const backend = appService('backend', {
  role: 'web',
  port: 8000,
  route: { path: '/api/' },
  checks: [{ path: '/health', timeout: '3s' }, { path: '/api/notes' }],
});
const frontend = appService('frontend', { role: 'web', port: 3000, route: { path: '/', host: 'www.example' }, checks: [{ path: '/' }] });
const containers = [
  containerState('backend', { name: 'shop-green-backend-1', addresses: { 'shop-app': '10.0.0.4', 'shop-data': '10.0.1.4' } }),
  containerState('backend', { name: 'shop-green-backend-2', addresses: {} }),
  containerState('frontend', { name: 'shop-green-frontend-1', addresses: { 'shop-app': '10.0.0.6' } }),
];
const aimed = (door: Door, env?: Record<string, string>, services = [backend]) =>
  aimChecks(config(env), services, containers, door, checksOf);
const places = (checks: ReturnType<typeof aimed>) =>
  checks.map(({ label, request: { host, port, tls } }) => [label, `${tls ? 'https' : 'http'}://${host}:${port}`]);

describe('aimChecks', () => {
  test('a path that the edge routes is asked through it, any other of every replica by itself', () => {
    expect(places(aimed('staging'))).toEqual([
      ['/health of shop-green-backend-1', 'http://10.0.0.4:8000'],
      ['/health of shop-green-backend-2', 'http://shop-green-backend-2:8000'],
      ['/api/notes', 'http://edge:8082'],
    ]);
  });

  test('a path that leads to another service is asked of the replicas', () => {
    const general = appService('frontend', { role: 'web', port: 3000, route: { path: '/' } });
    expect(
      places(aimed('staging', {}, [backend, general]))
        .slice(0, 2)
        .map(([label]) => label),
    ).toEqual(['/health of shop-green-backend-1', '/health of shop-green-backend-2']);
  });

  test.each([
    ['staging', 'off', 'http://edge:8082'],
    ['staging', 'files', 'http://edge:8082'],
    ['public', 'off', 'http://edge:80'],
    ['public', 'self-signed', 'https://edge:443'],
    ['public', 'files', 'https://edge:443'],
    ['inside', 'off', 'http://edge:8084'],
    ['inside', 'files', 'https://edge:8084'],
  ] as const)('the %s door with TLS %s is %s', (door, TLS, place) => {
    expect(places(aimed(door, { TLS })).at(-1)?.[1]).toBe(place);
  });

  test('each request has the path and the patience of its check', () => {
    expect(aimed('public').map(({ request: { path, timeoutMs } }) => [path, timeoutMs])).toEqual([
      ['/health', 3_000],
      ['/health', 3_000],
      ['/api/notes', 10_000],
    ]);
  });

  test('the host of the route is asked for, the first server name otherwise', () => {
    const hosts = aimed('staging', { SERVER_NAMES: 'shop.example,other.example' }, [backend, frontend]).map(
      ({ request }) => request.headers?.host,
    );
    expect(hosts).toEqual(['shop.example', 'shop.example', 'shop.example', 'www.example']);
  });
});

describe('headersFor', () => {
  const [check] = appService('x', { checks: [{ path: '/me', bearer: 'SMOKE_TOKEN' }] }).checks;
  if (!check) throw new Error('there is a check');

  test('a bearer token comes from the variable that the check names', () => {
    expect(headersFor(config({}, { SMOKE_TOKEN: 'abc' }), check, undefined)).toMatchObject({ authorization: 'Bearer abc' });
    expect(headersFor(config(), check, undefined)).not.toHaveProperty('authorization');
  });

  test.each([
    ['off', 'http'],
    ['files', 'https'],
  ])('with TLS %s the app is asked as by %s', (TLS, scheme) => {
    expect(headersFor(config({ TLS }), check, 'a.example')).toMatchObject({ host: 'a.example', 'x-forwarded-proto': scheme });
  });
});
