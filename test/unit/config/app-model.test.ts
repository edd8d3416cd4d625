import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { type AppModel, readAppModel } from '../../../scripts/lib/config/app-model.js';
import { namesOf } from '../../../scripts/lib/config/names.js';
import { type ReleaseIdentity, releaseModel } from '../../../scripts/lib/config/release-model.js';
import { UsageError } from '../../../scripts/lib/errors.js';
import { contract } from './contract.js';

const names = namesOf('shop');
const identity: ReleaseIdentity = { stack: 'shop', colour: 'blue', version: 'v1.2', release: 'v1.2-20260501', appEnv: {}, cpus: 4 };

type Service = Record<string, unknown>;

/** A web service as `docker compose config` prints it. */
const web: Service = {
  image: 'slipway/backend:v1.2',
  networks: { app: { aliases: ['backend.blue'] }, data: null },
  'x-slipway': { role: 'web', port: 8000, route: { path: '/' } },
};

/** @returns a whole model as `docker compose config` prints it for project shop-blue */
function composeText(services: Record<string, Service>, rest: Record<string, unknown> = {}): string {
  return stringify({
    name: 'shop-blue',
    services,
    networks: { app: { name: 'shop-app', external: true }, data: { name: 'shop-data', external: true } },
    ...rest,
  });
}

const read = (services: Record<string, Service>, rest?: Record<string, unknown>): AppModel =>
  readAppModel(composeText(services, rest), names);

function refusal(services: Record<string, Service>): UsageError {
  try {
    read(services);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error('the model was accepted');
}

/** @returns the released model, read again, of an app of these services beside a web service */
function released(services: Record<string, Service>, change: Partial<ReleaseIdentity> = {}, rest: Record<string, unknown> = {}) {
  const { yaml, volumes } = releaseModel(read({ backend: web, ...services }, rest), names, { ...identity, ...change });
  return { compose: parse(yaml), volumes };
}

describe('readAppModel', () => {
  test('reads services with the block of the contract and without one', () => {
    const volumes = { uploads: { name: 'shop-blue_uploads' } };
    const { services } = read(
      {
        backend: { ...web, build: { context: '.' }, deploy: { replicas: 3 }, 'x-slipway': parse(contract) },
        queue: { image: 'slipway/backend:v1.2', networks: { data: null } },
      },
      { volumes },
    );
    expect(services).toMatchObject([
      { name: 'backend-jobs', image: 'slipway/backend:v1.2', builds: false, replicas: 1, role: 'singleton' },
      { name: 'backend', image: 'slipway/backend:v1.2', builds: true, replicas: 3, role: 'web', port: 8000 },
      { name: 'queue', image: 'slipway/backend:v1.2', builds: false, replicas: 1, role: 'worker', route: [] },
    ]);
  });

  test('replicas are read from scale as well', () => {
    expect(read({ backend: { ...web, scale: 2 } }).services[0]?.replicas).toBe(2);
  });

  test.each<[string, Record<string, Service>, string]>([
    [
      'a web service without a port',
      { backend: web, other: { ...web, 'x-slipway': { role: 'web', route: { path: '/other' } } } },
      'services.other.x-slipway.port: should be the port that the service listens on, since its role is web',
    ],
    [
      'a worker with a route',
      { backend: web, other: { image: 'x', 'x-slipway': { route: { path: '/x' } } } },
      'services.other.x-slipway.route: only a service with role: web has one',
    ],
    [
      'a singleton with replicas',
      { backend: web, beat: { image: 'x', deploy: { replicas: 2 }, 'x-slipway': { role: 'singleton' } } },
      'services.beat.deploy.replicas: should be 1, since its role is singleton',
    ],
    [
      'a service without an image',
      { backend: web, other: { build: { context: '.' } } },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what to write into the Compose file
      'services.other.image: should name the image, such as ${REGISTRY:-slipway}/other:${VERSION}',
    ],
    [
      'published ports',
      { backend: { ...web, ports: [{ target: 8000, published: '8000' }] } },
      'services.backend.ports: should not be published, both colours run at once; give the service a route',
    ],
    [
      'a container name',
      { backend: { ...web, container_name: 'api' } },
      'services.backend.container_name: should not be set, both colours run at once',
    ],
    [
      'a routed service where the edge is not',
      { backend: { ...web, networks: { data: null } } },
      'services.backend.networks: should have app (the network shop-app), where the edge is',
    ],
    [
      'a worker with checks, whom nobody can ask before the cut',
      { backend: web, queue: { image: 'x', 'x-slipway': { checks: [{ path: '/health' }] } } },
      'services.queue.x-slipway.checks: only a service with role: web has them; a worker has a health check',
    ],
    [
      'a limit on a path that the service does not have',
      { backend: { ...web, 'x-slipway': { role: 'web', port: 1, route: { path: '/api/' }, limits: [{ path: '/login', rate: 'auth' }] } } },
      'services.backend.x-slipway.limits: /login is under no route of the service',
    ],
    [
      'a limit on a path that another service has',
      {
        backend: { ...web, 'x-slipway': { role: 'web', port: 1, route: { path: '/' }, limits: [{ path: '/api/', rate: 'api' }] } },
        other: { ...web, 'x-slipway': { role: 'web', port: 1, route: { path: '/api/' } } },
      },
      'services.backend.x-slipway.limits: /api/ leads to another service; give its route a rate',
    ],
    ['the same route twice', { backend: web, other: web }, 'services.other.x-slipway.route: / is the route of backend already'],
    [
      'the same route of a host twice',
      {
        backend: { ...web, 'x-slipway': { role: 'web', port: 1, route: { path: '/', host: 'a.example' } } },
        other: { ...web, 'x-slipway': { role: 'web', port: 1, route: { path: '/', host: 'a.example' } } },
      },
      'services.other.x-slipway.route: a.example/ is the route of backend already',
    ],
    [
      'a misspelt key',
      { backend: { ...web, 'x-slipway': { role: 'web', port: 1, route: { path: '/' }, checs: [] } } },
      'services.backend.x-slipway: there is no key checs',
    ],
    [
      'a misspelt key deeper down',
      { backend: { ...web, 'x-slipway': { role: 'web', port: 1, route: { path: '/' }, checks: [{ path: '/', evry: '1s' }] } } },
      'services.backend.x-slipway.checks[0]: there is no key evry',
    ],
    [
      'a wrong value deeper down',
      { backend: web, other: { image: 'x', 'x-slipway': { release: [['a'], 'b'] } } },
      'services.other.x-slipway.release[1]: should be a command as a list: [node, migrate.mjs, up]',
    ],
  ])('tells %s', (_, services, problem) => {
    expect(refusal(services).details).toContain(problem);
  });

  test.each<[string, Record<string, Service>]>([
    ['no service', {}],
    ['only workers', { queue: { image: 'x' } }],
    ['a web service without a route', { backend: { ...web, 'x-slipway': { role: 'web', port: 8000 } } }],
  ])('refuses an app that nobody can reach: %s', (_, services) => {
    expect(refusal(services).details).toEqual(['services: at least one should have an x-slipway block with role: web, a port and a route']);
  });

  test('tells every problem of every service at once, as a usage error', () => {
    const error = refusal({
      backend: { ...web, container_name: 'api', ports: [{ target: 1 }] },
      beat: { 'x-slipway': { role: 'singelton' } },
    });
    expect(error.details).toEqual([
      'services.beat.x-slipway.role: should be web, worker or singleton',
      'services.backend.ports: should not be published, both colours run at once; give the service a route',
      'services.backend.container_name: should not be set, both colours run at once',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what to write into the Compose file
      'services.beat.image: should name the image, such as ${REGISTRY:-slipway}/beat:${VERSION}',
    ]);
    expect(error.message).toBe("the app's Compose file has 4 problems");
    expect(error.exitCode).toBe(2);
  });

  test('the same path on two hosts, and for one host beside any host, is no problem', () => {
    const on = (host?: string) => ({ ...web, 'x-slipway': { role: 'web', port: 1, route: { path: '/', ...(host ? { host } : {}) } } });
    expect(read({ any: on(), a: on('a.example'), b: on('b.example') }).services).toHaveLength(3);
  });

  test('the network of the edge counts by its real name, whatever the file calls it', () => {
    const services = { backend: { ...web, networks: { public: null } } };
    expect(() => read(services, { networks: { public: { name: 'shop-app', external: true } } })).not.toThrow();
    expect(() => read(services, { networks: { public: { name: 'other-app', external: true } } })).toThrow(UsageError);
  });
});

describe('releaseModel', () => {
  test('names the project after the colour', () => {
    expect(released({}).compose.name).toBe('shop-blue');
    expect(released({}, { colour: 'green' }).compose.name).toBe('shop-green');
  });

  test('gives each service an alias that only this colour has, once', () => {
    expect(released({}).compose.services.backend.networks.app.aliases).toEqual(['backend.blue']);
    const green = released({ other: { ...web, networks: { app: null }, 'x-slipway': { role: 'web', port: 1 } } }, { colour: 'green' });
    expect(green.compose.services.other.networks).toEqual({ app: { aliases: ['other.green'] } });
  });

  test('adds no alias to a service that is not in the network of the edge', () => {
    expect(released({ queue: { image: 'x', networks: { data: null } } }).compose.services.queue.networks).toEqual({ data: null });
  });

  test('writes what is needed at run time as labels, beside those of the app', () => {
    const { backend, queue } = released({ queue: { image: 'x', labels: { team: 'a' } } }).compose.services;
    expect(backend.labels).toEqual({
      'dev.slipway.role': 'web',
      'dev.slipway.stack': 'shop',
      'dev.slipway.colour': 'blue',
      'dev.slipway.version': 'v1.2',
      'dev.slipway.release': 'v1.2-20260501',
      'dev.slipway.port': '8000',
    });
    expect(queue.labels).toMatchObject({ team: 'a', 'dev.slipway.role': 'worker' });
    expect(queue.labels).not.toHaveProperty('dev.slipway.port');
  });

  test('containers get COLOUR, VERSION and RELEASE, which nothing overrides', () => {
    const queue = { image: 'x', environment: { COLOUR: 'red', OWN: '1' } };
    expect(released({ queue }, { appEnv: { VERSION: 'v0', RELEASE: 'x' } }).compose.services.queue.environment).toEqual({
      OWN: '1',
      COLOUR: 'blue',
      VERSION: 'v1.2',
      RELEASE: 'v1.2-20260501',
    });
  });

  test("the app's own variables reach every service, and a service's environment wins over them", () => {
    const queue = { image: 'x', environment: ['MODE=queue', 'URL=http://x/?a=b', 'BARE'] };
    const { services } = released({ queue }, { appEnv: { MODE: 'all', TOKEN: 't' } }).compose;
    expect(services.backend.environment).toMatchObject({ MODE: 'all', TOKEN: 't' });
    expect(services.queue.environment).toMatchObject({ MODE: 'queue', TOKEN: 't', URL: 'http://x/?a=b', BARE: '' });
  });

  test('nothing is built or pulled behind the back of the deploy', () => {
    const { services } = released({ queue: { image: 'x', build: { context: '.' }, pull_policy: 'always' } }).compose;
    for (const service of Object.values<Service>(services)) {
      expect(service).toMatchObject({ pull_policy: 'never' });
      expect(service).not.toHaveProperty('build');
    }
  });

  test.each([
    ['8', '4'],
    ['4', '4'],
    ['0.5', '0.5'],
    [8, '4'],
  ])('a limit of %j CPUs is %j on a machine with four', (asked, given) => {
    const { services } = released({ queue: { image: 'x', deploy: { resources: { limits: { cpus: asked, memory: '1' } } } } }).compose;
    expect(services.queue.deploy.resources.limits).toEqual({ cpus: given, memory: '1' });
  });

  test.each<[Service, string]>([
    [{}, 'unless-stopped'],
    [{ restart: 'always' }, 'unless-stopped'],
    [{ restart: 'on-failure:3' }, 'unless-stopped'],
    [{ restart: 'no' }, 'no'],
    [{ deploy: { restart_policy: { condition: 'any' } }, restart: 'no' }, 'unless-stopped'],
    [{ deploy: { restart_policy: { condition: 'none' } } }, 'no'],
  ])('a service with %j has the restart policy %s: what was stopped on purpose stays so when the engine restarts', (policy, restart) => {
    const { queue } = released({ queue: { image: 'x', ...policy } }).compose.services;
    expect(queue.restart).toBe(restart);
    expect(queue.deploy ?? {}).not.toHaveProperty('restart_policy');
  });

  test('a plain volume is the same one in both colours, and belongs to the stack', () => {
    const volumes = (colour: 'blue' | 'green', made: 'blue' | 'green') =>
      released({}, { colour }, { volumes: { uploads: { name: `shop-${made}_uploads` } } });
    for (const [colour, made] of [
      ['blue', 'blue'],
      ['green', 'green'],
      ['green', 'blue'],
    ] as const) {
      const { compose, volumes: wanted } = volumes(colour, made);
      expect(compose.volumes).toEqual({ uploads: { name: 'shop-app_uploads', external: true } });
      expect(wanted).toEqual(['shop-app_uploads']);
    }
  });

  test('a volume with a name of its own keeps it; an external one is left alone and not made', () => {
    const { compose, volumes } = released({}, {}, { volumes: { media: { name: 'media' }, other: { name: 'theirs', external: true } } });
    expect(compose.volumes).toEqual({ media: { name: 'media', external: true }, other: { name: 'theirs', external: true } });
    expect(volumes).toEqual(['media']);
  });

  test('the model that it was made from stays as it was', () => {
    const model = read({ backend: web }, { volumes: { uploads: { name: 'shop-blue_uploads' } } });
    const before = structuredClone(model);
    releaseModel(model, names, identity);
    expect(model).toEqual(before);
  });

  // The base's volumes are shop_edge, shop_postgres and shop_redis; an app may have a second Redis of its own.
  test.each(['edge', 'postgres', 'redis'])('a volume that the app calls %s is never the one of the base', (volume) => {
    const { volumes } = released({}, {}, { volumes: { [volume]: { name: `shop-blue_${volume}` } } });
    expect(volumes).not.toContain(`shop_${volume}`);
  });
});
