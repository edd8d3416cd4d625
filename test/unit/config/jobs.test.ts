import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { readAppModel } from '../../../scripts/lib/config/app-model.js';
import { namesOf } from '../../../scripts/lib/config/names.js';
import { releaseModel } from '../../../scripts/lib/config/release-model.js';
import { projectRoot } from '../../../scripts/lib/config/root.js';
import { planDeploy } from '../../../scripts/lib/deploy/plan.js';
import { UsageError } from '../../../scripts/lib/errors.js';
import { containerState, stackState } from '../fixtures.js';

const names = namesOf('shop');
const identity = { stack: 'shop', colour: 'blue', version: 'v1.2', release: 'v1.2-1', appEnv: { TOKEN: 'a$b' }, cpus: 4 } as const;
const script = readFileSync(join(projectRoot, 'infra/jobs/runner.sh'), 'utf8');

type Service = Record<string, unknown>;
const block = (jobs: unknown, rest: Service = {}) => ({ role: 'web', port: 8000, route: { path: '/' }, ...rest, jobs });
const jobs = { 'expire-uploads': { schedule: '0 3 * * *', run: ['node', 'expire.mjs'] } };

/** A web service as `docker compose config` prints it. */
const backend: Service = {
  image: 'shop/backend:v1.2',
  command: ['node', 'server.js'],
  environment: { MODE: 'web' },
  networks: { app: { aliases: ['backend.blue'], ipv4_address: '10.0.0.9', priority: 100 }, data: null },
  volumes: [{ type: 'volume', source: 'uploads', target: '/data/uploads' }],
  deploy: { replicas: 2, resources: { limits: { cpus: 8, memory: '512M', pids: 200 } } },
  healthcheck: { test: ['CMD', 'node', 'health.js'] },
  depends_on: { other: { condition: 'service_started' } },
  stop_grace_period: '1m30s',
  restart: 'always',
  read_only: true,
  cap_drop: ['ALL'],
  'x-slipway': block(jobs),
};

const read = (services: Record<string, Service>) =>
  readAppModel(
    stringify({
      name: 'shop-blue',
      services,
      networks: { app: { name: 'shop-app', external: true }, data: { name: 'shop-data', external: true } },
      volumes: { uploads: { name: 'shop-blue_uploads' } },
    }),
    names,
  );
const released = (services: Record<string, Service>) => parse(releaseModel(read(services), names, identity).yaml);

function problems(services: Record<string, Service>): readonly string[] {
  try {
    read(services);
  } catch (error) {
    if (error instanceof UsageError) return error.details;
    throw error;
  }
  return [];
}

describe('a service with jobs gets a runner', () => {
  test('which is a singleton of the same image, and nothing that is built, routed or checked', () => {
    const { services } = read({ backend: { ...backend, build: { context: '.' } }, queue: { image: 'shop/queue:v1.2' } });
    expect(services.map(({ name, role, image, builds, replicas }) => [name, role, image, builds, replicas])).toEqual([
      ['backend-jobs', 'singleton', 'shop/backend:v1.2', false, 1],
      ['backend', 'web', 'shop/backend:v1.2', true, 2],
      ['queue', 'worker', 'shop/queue:v1.2', false, 1],
    ]);
    expect(services[0]).toMatchObject({ route: [], checks: [], once: [], release: [] });
  });

  test('which is handed over like any singleton: the old one ends, then the new one starts, and neither before the cut', () => {
    const { services } = read({ backend });
    const old = [containerState('backend'), containerState('backend-jobs', { role: 'singleton' })];
    const steps = planDeploy(stackState('blue', old), { how: 'deploy', version: 'v2', services, retire: 'stop', backup: true });
    expect(steps.find(({ kind }) => kind === 'hand-over')).toMatchObject({ services: ['backend-jobs'], old: ['backend-jobs'] });
    expect(steps.find(({ kind }) => kind === 'start-web')).toMatchObject({ services: ['backend'] });
    const order = steps.map(({ kind }) => kind);
    expect(order.indexOf('cut')).toBeLessThan(order.indexOf('hand-over'));
  });

  test('which stops when the next release has no jobs any more', () => {
    const { services } = read({ backend: { ...backend, 'x-slipway': block(undefined) } });
    const old = [containerState('backend'), containerState('backend-jobs', { role: 'singleton' })];
    const steps = planDeploy(stackState('blue', old), { how: 'deploy', version: 'v2', services, retire: 'stop', backup: true });
    expect(steps.find(({ kind }) => kind === 'hand-over')).toMatchObject({ services: [], old: ['backend-jobs'] });
  });

  test('with the environment, volumes, networks, limits and restrictions of its service', () => {
    const { services, volumes } = released({ backend });
    const runner = services['backend-jobs'];
    expect(runner).toMatchObject({
      image: 'shop/backend:v1.2',
      environment: { MODE: 'web', TOKEN: 'a$$b', COLOUR: 'blue', VERSION: 'v1.2', RELEASE: 'v1.2-1' },
      labels: { 'dev.slipway.role': 'singleton', 'dev.slipway.stack': 'shop' },
      deploy: { resources: { limits: { cpus: '4', memory: '512M', pids: 200 } } },
      stop_grace_period: '1m30s',
      read_only: true,
      cap_drop: ['ALL'],
      pull_policy: 'never',
    });
    expect(runner.volumes).toEqual([
      { type: 'volume', source: 'uploads', target: '/data/uploads' },
      { type: 'volume', source: 'slipway-jobs-cron', target: '/run/slipway/cron', read_only: true, volume: { nocopy: true } },
      { type: 'volume', source: 'slipway-jobs-app', target: '/run/slipway/app', volume: { nocopy: true } },
    ]);
    expect(volumes).toMatchObject({
      'slipway-jobs-cron': { name: 'shop-jobs-cron', external: true },
      'slipway-jobs-app': { name: 'shop-jobs-app', external: true },
    });
  });

  test('without what makes the service what it is for others: addresses, health check, replicas, what it waits for', () => {
    const runner = released({ backend: { ...backend, ports: undefined, expose: ['8000'], hostname: 'b', scale: 2, tty: true } }).services[
      'backend-jobs'
    ];
    expect(runner.networks).toEqual({ app: { priority: 100, aliases: ['backend-jobs.blue'] }, data: null });
    expect(runner.healthcheck).toEqual({ disable: true });
    expect(runner.deploy).not.toHaveProperty('replicas');
    for (const key of ['x-slipway', 'build', 'depends_on', 'expose', 'hostname', 'scale', 'tty', 'ports'])
      expect(runner).not.toHaveProperty(key);
  });

  test('that comes back with the engine only when it ran, and is stopped by the signal that it knows', () => {
    const runner = released({ backend: { ...backend, stop_signal: 'SIGQUIT' } }).services['backend-jobs'];
    expect(runner).toMatchObject({ restart: 'unless-stopped', stop_signal: 'SIGTERM' });
  });

  test('which is told everything on its command line, the entrypoint of the image before it', () => {
    const two = { a: { schedule: '* * * * *', run: ['sh', '-c', 'echo $HOME'] }, 'b-2': { schedule: '0 3 * * *', run: ['x'] } };
    // As Compose prints it, with every dollar sign doubled.
    const written = JSON.parse(JSON.stringify(block(two)).replaceAll('$', '$$$$')) as Service;
    const runner = released({ backend: { ...backend, entrypoint: ['/entry'], 'x-slipway': written } }).services['backend-jobs'];
    expect(runner.entrypoint).toEqual(['/entry']);
    const command = (runner.command as string[]).map((word) => word.replaceAll('$$', '$'));
    expect(command.slice(0, 4)).toEqual(['/bin/sh', '-c', script, 'jobs']);
    const folders = ['/run/slipway/cron/due', '/run/slipway/app/results'];
    expect(command.slice(4)).toEqual([...folders, '60', 'a', '3', 'sh', '-c', 'echo $HOME', 'b-2', '1', 'x']);
    // Compose reads the model once more: a single dollar sign would be a variable.
    expect((runner.command as string[]).join('').replaceAll('$$', '')).not.toContain('$');
  });

  test.each([
    [undefined, '6'],
    ['10s', '6'],
    ['1m30s', '60'],
    ['1s', '0'],
    ['500ms', '0'],
  ])('with a grace period of %s a running job has %s s to end by itself', (grace, seconds) => {
    const { stop_grace_period: _, ...rest } = backend;
    const service = grace === undefined ? rest : { ...rest, stop_grace_period: grace };
    expect(released({ backend: service }).services['backend-jobs'].command[6]).toBe(seconds);
  });

  test('an app without jobs, or with none in the list, gets none and mounts nothing', () => {
    for (const none of [undefined, {}]) {
      const { services, volumes } = released({ backend: { ...backend, 'x-slipway': block(none) } });
      expect(Object.keys(services)).toEqual(['backend']);
      expect(Object.keys(volumes)).toEqual(['uploads']);
    }
  });

  test('the service itself stays as it was', () => {
    const { 'backend-jobs': _, ...kept } = released({ backend }).services;
    const { 'backend-jobs': __, ...without } = released({ backend: { ...backend, 'x-slipway': block(undefined) } }).services;
    expect({ ...kept.backend, 'x-slipway': undefined }).toEqual({ ...without.backend, 'x-slipway': undefined });
  });
});

describe('jobs that are refused, in one line each', () => {
  const at = 'services.backend.x-slipway.jobs';
  const job = jobs['expire-uploads'];

  test.each<[string, unknown, string]>([
    [
      'a schedule that is none',
      { tidy: { ...job, schedule: 'daily' } },
      `${at}.tidy.schedule: should be a cron expression such as "0 2 * * *", got "daily"`,
    ],
    [
      'a day that never comes',
      { tidy: { ...job, schedule: '0 0 30 2 *' } },
      `${at}.tidy.schedule: should be a cron expression such as "0 2 * * *", got "0 0 30 2 *": such a day never comes`,
    ],
    ['no schedule', { tidy: { run: ['x'] } }, `${at}.tidy.schedule: should be a cron expression such as "0 2 * * *"`],
    ['no command', { tidy: { schedule: '0 3 * * *' } }, `${at}.tidy.run: should be a command as a list: [node, migrate.mjs, up]`],
    [
      'a command in one text',
      { tidy: { ...job, run: 'node x' } },
      `${at}.tidy.run: should be a command as a list: [node, migrate.mjs, up]`,
    ],
    ['a key that there is not', { tidy: { ...job, timezone: 'UTC' } }, `${at}.tidy: there is no key timezone`],
    ...['Tidy', 'tidy_up', '-tidy', 'tidy up', '../tidy', 'a'.repeat(64)].map((name): [string, unknown, string] => [
      `the name ${name}`,
      { [name]: job },
      `${at}.${name}: should be named by small letters, digits and hyphens, such as expire-uploads`,
    ]),
  ])('%s', (_, declared, problem) => {
    expect(problems({ backend: { ...backend, 'x-slipway': block(declared) } })).toContain(problem);
  });

  test('several problems of several jobs are told at once', () => {
    const declared = { a: { schedule: 'x', run: [] }, b: { schedule: '0 3 * * *', run: ['x'] }, C: job };
    expect(problems({ backend: { ...backend, 'x-slipway': block(declared) } }).filter((line) => line.startsWith(at))).toHaveLength(3);
  });

  test('a service that has the name of a runner', () => {
    const other = { image: 'x' };
    expect(problems({ backend, 'backend-jobs': other })).toEqual([
      'services.backend-jobs: the name belongs to what runs the jobs of backend; call it otherwise',
    ]);
    expect(problems({ backend: { ...backend, 'x-slipway': block(undefined) }, 'backend-jobs': other })).toEqual([]);
  });

  test('the same name in two services: by it, a job is told from others', () => {
    expect(problems({ backend, queue: { image: 'x', 'x-slipway': { jobs } } })).toEqual([
      'services.queue.x-slipway.jobs.expire-uploads: is the name of a job of backend already',
    ]);
  });
});
