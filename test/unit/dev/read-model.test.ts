import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readDevModel } from '../../../scripts/lib/dev/read-model.js';
import { UsageError } from '../../../scripts/lib/errors.js';

const read = (services: Record<string, unknown>, volumes: Record<string, unknown> = {}) =>
  readDevModel(stringify({ services, volumes }), 'shop-dev');
const one = (service: Record<string, unknown>) => read({ app: service }).services[0];

describe('what a service publishes', () => {
  const port = (rest: Record<string, unknown>) => ({ mode: 'ingress', target: 80, protocol: 'tcp', ...rest });

  test('stands with its address; without one it is all of them', () => {
    expect(one({ ports: [port({ published: '3000', host_ip: '127.0.0.1' }), port({ published: '4000' })] })?.ports).toEqual([
      { service: 'app', host: '127.0.0.1', port: 3000 },
      { service: 'app', host: '0.0.0.0', port: 4000 },
    ]);
  });

  test.each([
    ['a port that the engine chooses', {}],
    ['a range, of which the engine chooses one', { published: '3000-3010' }],
    ['a port of UDP, which is another one', { published: '53', protocol: 'udp' }],
  ])('%s is none that can be taken', (_, rest) => {
    expect(one({ ports: [port(rest)] })?.ports).toEqual([]);
  });
});

describe('what an image is built from', () => {
  test('is the context and the further ones, if they are folders', () => {
    const build = {
      context: '/srv/app',
      dockerfile: 'Dockerfile',
      additional_contexts: { shared: '/srv/shared', base: 'docker-image://x' },
    };
    expect(one({ image: 'x', build })?.sources).toEqual(['/srv/app', '/srv/shared']);
  });

  test('is nothing on this machine when it comes from a repository, or is not built', () => {
    expect(one({ build: { context: 'https://github.com/acme/app.git' } })?.sources).toEqual([]);
    expect(one({ image: 'x' })?.sources).toEqual([]);
  });

  test('has the name that Compose gives it when the file gives none', () => {
    expect(one({ build: { context: '/srv/app' } })?.image).toBe('shop-dev-app');
  });
});

describe('the x-slipway block', () => {
  test('may say a seed and addresses, with dollar signs as they were written', () => {
    const service = one({ 'x-slipway': { seed: ['sh', '-c', 'echo $$HOME'], open: { app: 'http://127.0.0.1:3000/' } } });
    expect(service).toMatchObject({ seed: ['sh', '-c', 'echo $HOME'], open: { app: 'http://127.0.0.1:3000/' } });
  });

  test('may have beside it what a deploy reads', () => {
    expect(one({ 'x-slipway': { role: 'web', port: 8000, once: [['node', 'x.mjs']] } })).toMatchObject({ open: {} });
  });

  test.each([
    ['a seed that is a text', { seed: 'node seed.mjs' }, 'services.app.x-slipway.seed: '],
    ['an empty seed', { seed: [] }, 'services.app.x-slipway.seed: '],
    ['addresses without names', { open: ['http://127.0.0.1'] }, 'services.app.x-slipway.open: '],
  ])('%s is refused', (_, block, problem) => {
    expect(() => one({ 'x-slipway': block })).toThrow(UsageError);
    try {
      one({ 'x-slipway': block });
    } catch (error) {
      expect((error as UsageError).details[0]).toContain(problem);
    }
  });
});

test('its volumes have the names that they have on the engine; those of others are left out', () => {
  expect(read({}, { data: null, named: { name: 'mine' }, theirs: { name: 'x', external: true } }).volumes).toEqual([
    'shop-dev_data',
    'mine',
  ]);
});
