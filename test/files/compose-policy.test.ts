import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type AppModel, readAppModel } from '../../scripts/lib/config/app-model.js';
import { namesOf } from '../../scripts/lib/config/names.js';
import { releaseModel } from '../../scripts/lib/config/release-model.js';
import { projectRoot } from '../../scripts/lib/config/root.js';
import { defaults } from '../../scripts/lib/config/schema.js';
import { tuningFor } from '../../scripts/lib/config/tuning.js';
import { goodSecrets } from '../unit/fixtures.js';

interface Service {
  image: string;
  environment?: Record<string, string | null>;
  ports?: { host_ip?: string; published?: string; target: number }[];
  volumes?: { type: string; source?: string; target: string; read_only?: boolean }[];
  networks?: Record<string, { aliases?: string[] } | null>;
  healthcheck?: { test: string[]; interval: string; timeout: string; start_interval?: string; disable?: boolean };
  deploy?: { resources?: { limits?: { cpus?: string | number; memory?: string; pids?: number } } };
  logging?: { driver: string; options: Record<string, string> };
  stop_grace_period?: string;
  command?: string[];
  [key: string]: unknown;
}

interface Compose {
  name: string;
  services: Record<string, Service>;
  networks: Record<string, { name: string; internal?: boolean; external?: boolean }>;
  volumes: Record<string, { name: string; external?: boolean }>;
}

/** Has Compose merge and interpolate files or a whole model, on this side only: no engine is asked. @returns its YAML */
function resolved(env: Record<string, string>, options: readonly string[], input = '', form: readonly string[] = []): string {
  const { PATH = '', HOME = '' } = process.env;
  return execFileSync('docker', ['compose', '--env-file=/dev/null', ...options, 'config', ...form], {
    cwd: projectRoot,
    env: { PATH, HOME, ...env },
    input,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

const file = (name: string) => ['-f', join(projectRoot, 'compose', name)];
const raw = { ...defaults, STACK: 'shop', REGISTRY: 'ghcr.io/acme' };
/** What the deploy interpolates. Secrets are in the environment as well, as they may be in a person's shell. */
const env = {
  ...raw,
  ...goodSecrets,
  ...tuningFor(8 * 1024 ** 3, 4),
  EDGE_IMAGE: 'slipway/edge:0123456789ab',
  CRON_IMAGE: 'slipway/cron:0123456789ab',
  STOP_GRACE: '40s',
  CA_BUNDLE: '/dev/null',
  COLOUR: 'green',
  VERSION: 'v1.2',
  RELEASE: 'v1.2-20260501',
};
const texts = {
  production: resolved(env, file('production.yml')),
  'blue-green': resolved(env, ['--project-name=shop-green', ...file('blue-green.yml')]),
  dev: resolved(env, file('dev.yml')),
};
const compose = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, parse(text) as Compose])) as Record<
  keyof typeof texts,
  Compose
>;
const services = (...names: (keyof typeof texts)[]) =>
  names.flatMap((name) =>
    Object.entries(compose[name].services).map(([service, described]) => [`${name}.yml: ${service}`, described] as const),
  );
const deployed = services('production', 'blue-green');

/** @returns a Go duration such as 1m0s in milliseconds */
function milliseconds(duration: string | undefined): number {
  const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
  return [...(duration ?? '').matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0),
    0,
  );
}

describe('what is open to the outside', () => {
  test('only the edge publishes ports, on BIND_ADDRESS', () => {
    const published = deployed.flatMap(([name, { ports = [] }]) =>
      ports.map(({ host_ip, published: port, target }) => [name, host_ip, port, target]),
    );
    expect(published).toEqual([
      ['production.yml: edge', '127.0.0.1', '8080', 80],
      ['production.yml: edge', '127.0.0.1', '8443', 443],
    ]);
    const moved = parse(resolved({ ...env, BIND_ADDRESS: '10.1.2.3', HTTP_PORT: '80' }, file('production.yml'))) as Compose;
    expect(moved.services.edge?.ports).toMatchObject([
      { host_ip: '10.1.2.3', published: '80' },
      { host_ip: '10.1.2.3', published: '8443' },
    ]);
  });

  test('in development every port is on 127.0.0.1', () => {
    const ports = services('dev').flatMap(([, service]) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(port.host_ip).toBe('127.0.0.1');
  });

  test('in development every port is moved by a variable of .env, and every such variable moves one', () => {
    const keys = Object.keys(defaults).filter((key) => /^DEV_.*PORT$/.test(key));
    const moved = Object.fromEntries(keys.map((key, index) => [key, String(20_001 + index)]));
    const { services: dev } = parse(resolved({ ...env, ...moved }, file('dev.yml'))) as Compose;
    const published = Object.values(dev).flatMap(({ ports = [] }) => ports.map(({ published: port }) => port));
    expect(published.sort()).toEqual(Object.values(moved));
  });

  test('the data network is internal, and the databases are in no other', () => {
    expect(compose.production.networks.data).toMatchObject({ name: 'shop-data', internal: true });
    for (const name of ['postgres', 'redis']) expect(Object.keys(compose.production.services[name]?.networks ?? {})).toEqual(['data']);
    expect(Object.keys(compose.production.services.edge?.networks ?? {})).toEqual(['app']);
    // It asks the databases and writes to a store out there; nothing can ask it but what is in these networks.
    expect(Object.keys(compose.production.services.cron?.networks ?? {}).sort()).toEqual(['backup', 'data']);
  });

  test('a colour joins the networks of the base and makes none', () => {
    for (const network of Object.values(compose['blue-green'].networks)) expect(network.external).toBe(true);
    expect(
      Object.values(compose['blue-green'].networks)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['shop-app', 'shop-data']);
  });

  test('the edge waits for nobody, so it starts and stays without the app', () => {
    expect(compose.production.services.edge).not.toHaveProperty('depends_on');
  });
});

/** What one service has to have, with the reasons beside it in its file. */
const extraRights: Record<string, Record<string, unknown>> = {
  'production.yml: files': { cap_add: ['CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID'], network_mode: 'none' },
};

describe.each(deployed)('%s', (title, service) => {
  test('mounts no path of the host, so that a remote engine deploys the same way', () => {
    for (const volume of service.volumes ?? []) expect(volume.type, volume.source).toBe('volume');
    expect(service).not.toHaveProperty('devices');
  });

  test('has no way to the engine and no rights beyond its own', () => {
    expect(JSON.stringify(service)).not.toContain('docker.sock');
    const own = extraRights[title] ?? {};
    for (const key of ['privileged', 'cap_add', 'pid', 'ipc', 'network_mode', 'userns_mode', 'group_add'])
      expect(service[key], key).toEqual(own[key]);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
  });

  test('has a read-only root, an init and a restart policy', () => {
    expect(service).toMatchObject({ read_only: true, init: true, restart: 'unless-stopped' });
  });

  test('has its limits under deploy.resources, the one place that Compose accepts beside no other', () => {
    const limits = service.deploy?.resources?.limits;
    expect(Number(limits?.cpus)).toBeGreaterThan(0);
    expect(Number(limits?.memory)).toBeGreaterThanOrEqual(64 * 1024 ** 2);
    expect(limits?.pids).toBeGreaterThanOrEqual(50);
    for (const key of ['mem_limit', 'memswap_limit', 'pids_limit', 'cpus', 'cpu_quota']) expect(service).not.toHaveProperty(key);
  });

  test('has logs that rotate: 10 MB, three files', () => {
    expect(service.logging).toEqual({ driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } });
  });

  test('has a health check that shows readiness soon', () => {
    expect(service.healthcheck?.disable).toBeUndefined();
    expect(service.healthcheck?.test.length).toBeGreaterThan(1);
    expect(milliseconds(service.healthcheck?.start_interval)).toBeLessThanOrEqual(title === 'production.yml: cron' ? 1_000 : 200);
    expect(milliseconds(service.healthcheck?.timeout)).toBeLessThan(milliseconds(service.healthcheck?.interval));
  });

  test('has no secret in its environment: only the names of files', () => {
    const suspects = Object.keys(service.environment ?? {}).filter((key) => /PASSWORD|SECRET|TOKEN|KEY|CREDENTIAL/.test(key));
    expect(suspects.filter((key) => !key.endsWith('_FILE'))).toEqual([]);
    for (const key of suspects) expect(service.environment?.[key]).toMatch(/^\/run\/secrets\/\w+$/);
  });

  test('has its secrets in a read-only volume, since Compose cannot write them into a read-only root', () => {
    for (const key of ['secrets', 'configs']) expect(service).not.toHaveProperty(key);
    for (const volume of service.volumes ?? []) if (volume.target === '/run/secrets') expect(volume.read_only).toBe(true);
  });
});

test.each(Object.entries(texts))('%s.yml: no secret of the environment gets into the model', (_, text) => {
  expect(text).not.toContain('hunter2');
});

describe('compose/secrets.yml', () => {
  const over = (app: readonly string[], input = '') =>
    parse(resolved(env, ['--project-name=shop-green', ...app, ...file('secrets.yml')], input)) as Compose;

  test('gives the services of an app that knows nothing of it their secrets as files', () => {
    const app = 'services: { backend: { image: "x:1" }, worker: { image: "x:1" }, scheduler: { image: "x:1" } }';
    const { services, volumes } = over(['-f', '-'], app);
    expect(volumes.secrets).toEqual({ name: 'shop-secrets-app', external: true });
    for (const { environment, volumes: mounted } of Object.values(services)) {
      expect(mounted).toMatchObject([{ type: 'volume', source: 'secrets', target: '/run/secrets', read_only: true }]);
      for (const [name, value] of Object.entries(environment ?? {})) expect(value).toBe(`/run/secrets/${name.replace(/_FILE$/, '')}`);
      expect(Object.keys(environment ?? {})).toEqual(['DB_PASSWORD_FILE', 'REDIS_PASSWORD_FILE', 'SECRET_KEY_FILE']);
    }
  });

  test('changes nothing of the sample app, which has all of it', () => {
    expect(over(file('blue-green.yml')).services).toEqual(compose['blue-green'].services);
  });
});

describe('images', () => {
  const pinned = (image: string) => /:[\w][\w.-]*$/.test(image) && !image.endsWith(':latest');

  test.each(deployed)('%s has an image with a tag that is not latest', (_, { image }) => {
    expect(pinned(image), image).toBe(true);
  });

  test('a release runs the images of its version, from REGISTRY', () => {
    const images = Object.values(compose['blue-green'].services).map(({ image }) => image);
    expect([...new Set(images)].sort()).toEqual(['ghcr.io/acme/backend:v1.2', 'ghcr.io/acme/frontend:v1.2']);
  });

  test('without a registry the images are named after the stack', () => {
    const { services: named } = parse(resolved({ ...env, REGISTRY: '' }, file('blue-green.yml'))) as Compose;
    expect(named.backend?.image).toBe('shop/backend:v1.2');
  });

  test('in development every image has a tag that is not latest', () => {
    expect(
      services('dev')
        .map(([, { image }]) => image)
        .filter((image) => !pinned(image)),
    ).toEqual([]);
  });
});

describe('names', () => {
  test('production and development have a project name of their own, so that they never mix', () => {
    expect(compose.production.name).toBe('shop');
    expect(compose.dev.name).toBe('shop-dev');
    for (const name of ['production.yml', 'dev.yml'])
      expect(readFileSync(join(projectRoot, 'compose', name), 'utf8')).toMatch(/^name: \$\{STACK/m);
  });

  test('volumes that the scripts fill are external, the rest belongs to the project', () => {
    const external = Object.values(compose.production.volumes)
      .filter((volume) => volume.external)
      .map(({ name }) => name);
    expect(external.sort()).toEqual(expect.arrayContaining(['shop-secrets-cron', 'shop-secrets-postgres', 'shop-secrets-redis']));
  });

  test('the base is labelled with its stack, by which it is found', () => {
    for (const service of Object.values(compose.production.services)) expect(service.labels).toMatchObject({ 'dev.slipway.stack': 'shop' });
  });

  test.each(['STACK', 'EDGE_IMAGE'])('production without %s is refused: the scripts set it', (key) => {
    const { [key as 'STACK']: _, ...rest } = env;
    expect(() => resolved(rest, file('production.yml'))).toThrow(`${key} is set by the scripts`);
  });
});

describe('stopping', () => {
  const settings = readFileSync(join(projectRoot, 'infra/sample/backend/src/settings.js'), 'utf8');
  const names = namesOf('shop');
  const app = readAppModel(texts['blue-green'], names);

  test('a web service may take longer to stop than the drain of the app, which is 25 s', () => {
    expect(settings).toMatch(/DRAIN_SECONDS \|\| 25\b/);
    const web = app.services.filter(({ role }) => role === 'web').map(({ name }) => name);
    expect(web).toEqual(['backend', 'frontend']);
    for (const name of web) expect(milliseconds(compose['blue-green'].services[name]?.stop_grace_period)).toBeGreaterThan(25_000);
  });

  test('the edge may take longer to stop than its drain', () => {
    expect(compose.production.services.edge?.stop_grace_period).toBe('40s');
    expect(milliseconds(compose.production.services.edge?.stop_grace_period)).toBeGreaterThan(30_000);
  });

  test('the databases have time to write everything', () => {
    for (const name of ['postgres', 'redis']) {
      expect(milliseconds(compose.production.services[name]?.stop_grace_period)).toBeGreaterThanOrEqual(60_000);
    }
  });
});

describe('the databases', () => {
  test('Redis never evicts a job, and keeps what it was told', () => {
    const command = compose.production.services.redis?.command?.join(' ');
    expect(command).toContain('--maxmemory-policy noeviction');
    expect(command).toContain('--appendonly yes');
    expect(command).toContain('--maxmemory 2048mb');
  });

  test('Redis is healthy when it says PONG: redis-cli exits 0 when it is refused as well', () => {
    for (const name of ['production', 'dev'] as const) {
      expect(compose[name].services.redis?.healthcheck?.test.join(' ')).toMatch(/ping \| grep -q PONG$/);
    }
  });

  test('Postgres is asked over TCP, where the temporary server of the first start does not listen', () => {
    for (const name of ['production', 'dev'] as const)
      expect(compose[name].services.postgres?.healthcheck?.test).toContain('--host=127.0.0.1');
  });

  test('Postgres gets the settings of the guides', () => {
    const command = compose.production.services.postgres?.command ?? [];
    for (const setting of [
      'shared_buffers=2048MB',
      'effective_cache_size=6144MB',
      'maintenance_work_mem=512MB',
      'work_mem=10MB',
      'max_connections=200',
    ]) {
      expect(command).toContain(setting);
    }
  });

  test('no password stands on a command line', () => {
    for (const [name, { command }] of deployed) expect(JSON.stringify(command ?? []), name).not.toMatch(/requirepass|PASSWORD=/i);
    for (const [name, { command }] of services('dev')) expect(JSON.stringify(command ?? []), name).not.toContain('dev-password');
  });
});

describe('the sample app goes the way of a deploy', () => {
  const names = namesOf('shop');
  const identity = { stack: 'shop', colour: 'green', version: 'v1.2', release: 'v1.2-20260501', appEnv: {}, cpus: 4 } as const;
  const release = (app: AppModel, appEnv: Record<string, string> = {}) => releaseModel(app, names, { ...identity, appEnv });
  // As JSON: the YAML that Compose prints loses a line break at the beginning of a value.
  const again = (yaml: string) => JSON.parse(resolved({}, ['--project-name=shop-green', '-f', '-'], yaml, ['--format=json'])) as Compose;

  test('Compose accepts the released model, which needs no variable any more', () => {
    const { services: released } = again(release(readAppModel(texts['blue-green'], names)).yaml);
    expect(Object.keys(released).sort()).toEqual(['backend', 'backend-jobs', 'frontend', 'scheduler', 'worker']);
    expect(released.backend?.environment).toMatchObject({ COLOUR: 'green', VERSION: 'v1.2', RELEASE: 'v1.2-20260501' });
    expect(released.backend?.networks?.app?.aliases).toEqual(['backend.green']);
    for (const service of Object.values(released)) expect(service).not.toHaveProperty('build');
  });

  test('both colours have the same files of the app, and the volume of its secrets', () => {
    const of = (colour: 'blue' | 'green') => {
      const text = resolved({ ...env, COLOUR: colour }, [`--project-name=shop-${colour}`, ...file('blue-green.yml')]);
      return releaseModel(readAppModel(text, names), names, { ...identity, colour });
    };
    expect(of('blue').volumes).toEqual(['shop-app_uploads']);
    expect(of('green').volumes).toEqual(of('blue').volumes);
    expect(again(of('blue').yaml).volumes.secrets).toMatchObject({ name: 'shop-secrets-app', external: true });
  });

  test('variables of APP_ENV_FILE reach the app as they are, whatever Compose or YAML could read into them', () => {
    const value = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'aB1$${}\'"`#:-?!%@&*|>\\ \n\t=,[]é_.0'), maxLength: 100 }),
      fc.constantFrom(
        '2026-11-22',
        '1_000',
        '1.20',
        'yes',
        'null',
        '~',
        '',
        '0x1F',
        '1e3',
        '$',
        '$$',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: Compose would read it as a variable that has to be set
        '${X:?no}',
        '12:30:45',
        '- a',
        ' x ',
      ),
    );
    const variables = fc
      .array(value, { minLength: 40, maxLength: 40 })
      .map((all) => Object.fromEntries(all.map((one, index) => [`VALUE_${index}`, one])));
    const app = readAppModel(texts['blue-green'], names);
    fc.assert(
      fc.property(variables, (appEnv) => {
        const environment = again(release(app, appEnv).yaml).services.backend?.environment ?? {};
        // Compose prints every "$" doubled.
        const received = Object.keys(appEnv).map((key) => [key, environment[key]?.replaceAll('$$', '$')]);
        expect(Object.fromEntries(received)).toEqual(appEnv);
      }),
      { numRuns: 5 },
    );
  });

  // Compose prints the "$$" of a Compose file doubled still, for its own next reading; sh would take "$$" for its process id.
  test('a command of an x-slipway block is run as it was written, "$" included', () => {
    const model = `
services:
  backend:
    image: x:1
    networks: [app]
    x-slipway: { role: web, port: 1, route: { path: / }, once: [[sh, -c, "echo $$HOME"]] }
networks: { app: { name: shop-app, external: true } }
`;
    const app = readAppModel(resolved({}, ['--project-name=shop-green', '-f', '-'], model), names);
    expect(app.services[0]?.once).toEqual([['sh', '-c', 'echo $HOME']]);
  });
});
