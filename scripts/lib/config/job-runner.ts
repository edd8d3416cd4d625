import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ComposeSpecification } from 'docker-compose';
import type { AppService, ComposeService } from './app-model.js';
import { jobPaths, jobVolumes } from './job-paths.js';
import type { Names } from './names.js';
import { projectRoot } from './root.js';
import { serviceSchema } from './x-slipway.js';

/** Compose's own, where a service says nothing (milliseconds). */
const DEFAULT_GRACE_MS = 10_000;
/** Of the time that a container has to stop, how much a running job may go on before it is told to stop. */
const PATIENCE = 2 / 3;
const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** @returns the name of the service that runs another one's jobs */
export function runnerName(service: string): string {
  return `${service}-jobs`;
}

/** @returns what is wrong with the jobs of all services together, a line each */
export function jobProblems(services: readonly AppService[]): string[] {
  const owners = new Map<string, string>();
  return services.flatMap(({ name, jobs = {} }) => {
    const runner = runnerName(name);
    const taken = Object.keys(jobs).length > 0 && services.some((other) => other.name === runner);
    const doubled = Object.keys(jobs).flatMap((job) => {
      const owner = owners.get(job);
      owners.set(job, name);
      return owner === undefined ? [] : [`services.${name}.x-slipway.jobs.${job}: is the name of a job of ${owner} already`];
    });
    return [...(taken ? [`services.${runner}: the name belongs to what runs the jobs of ${name}; call it otherwise`] : []), ...doubled];
  });
}

/**
 * Adds a singleton beside each service that declares jobs: the same image, environment, volumes, networks and limits, with
 * a runner that does a job when cron says that it is due. As a singleton it is started when its release is live, after the
 * one before it has ended: a job runs in the live colour only.
 *
 * @returns the services with the runners, each before its own service; the model gets them as well
 */
export function withJobRunners(services: readonly AppService[], compose: ComposeSpecification, names: Names): AppService[] {
  const owners = services.filter(({ jobs = {} }) => Object.keys(jobs).length > 0);
  for (const owner of owners) {
    const described = compose.services?.[owner.name];
    if (described) compose.services = { ...compose.services, [runnerName(owner.name)]: runnerOf(described, owner.jobs ?? {}) };
  }
  if (owners.length > 0) {
    compose.volumes = {
      ...compose.volumes,
      [VOLUMES.cron]: { name: names.volumes.jobsCron, external: true },
      [VOLUMES.app]: { name: names.volumes.jobsApp, external: true },
    };
  }
  // Of several services with one image, the later one stands for it when the image is nowhere: that is never a runner.
  return services.flatMap((service) => (owners.includes(service) ? [appServiceOf(service), service] : [service]));
}

/** As the app's model calls the volumes. */
const VOLUMES = { cron: 'slipway-jobs-cron', app: 'slipway-jobs-app' } as const;

function appServiceOf({ name, image }: AppService): AppService {
  return { ...serviceSchema.parse({ role: 'singleton' }), name: runnerName(name), image, builds: false, replicas: 1 };
}

function runnerOf(service: ComposeService, jobs: NonNullable<AppService['jobs']>): ComposeService {
  const runner = structuredClone(service) as Record<string, unknown>;
  // What belongs to the service as others see it: its name, its addresses, its health, what it waits for.
  for (const key of OWN_KEYS) delete runner[key];
  const limits = service.deploy?.resources;
  return {
    ...runner,
    // The image's entrypoint stays: it may be what makes the environment that a command needs.
    command: commandOf(service, jobs).map((word) => word.replaceAll('$', '$$$$')),
    healthcheck: { disable: true },
    restart: 'unless-stopped',
    stop_signal: 'SIGTERM',
    ...(limits === undefined ? {} : { deploy: { resources: limits } }),
    ...(service.networks === undefined ? {} : { networks: withoutAddresses(service.networks) }),
    volumes: [
      ...(service.volumes ?? []),
      { type: 'volume', source: VOLUMES.cron, target: jobVolumes.cron, read_only: true, volume: { nocopy: true } },
      { type: 'volume', source: VOLUMES.app, target: jobVolumes.app, volume: { nocopy: true } },
    ],
  } as ComposeService;
}

const OWN_KEYS = [
  'x-slipway',
  'build',
  'command',
  'depends_on',
  'deploy',
  'expose',
  'healthcheck',
  'hostname',
  'links',
  'mac_address',
  'ports',
  'scale',
  'stdin_open',
  'tty',
] as const;

function withoutAddresses(networks: NonNullable<ComposeService['networks']>): ComposeService['networks'] {
  if (Array.isArray(networks)) return networks;
  const own = ['aliases', 'ipv4_address', 'ipv6_address', 'mac_address', 'link_local_ips'];
  const kept = Object.entries(networks).map(([key, attachment]) => [
    key,
    attachment && Object.fromEntries(Object.entries(attachment).filter(([name]) => !own.includes(name))),
  ]);
  return Object.fromEntries(kept);
}

/** The runner travels inside the model: a release has the one that it was made with, whatever is deployed later. */
function commandOf(service: ComposeService, jobs: NonNullable<AppService['jobs']>): string[] {
  const patience = Math.floor((graceOf(service) * PATIENCE) / 1_000);
  const script = readFileSync(join(projectRoot, 'infra/jobs/runner.sh'), 'utf8');
  const declared = Object.entries(jobs).flatMap(([name, { run }]) => [name, String(run.length), ...run]);
  return ['/bin/sh', '-c', script, 'jobs', jobPaths.due, jobPaths.results, String(patience), ...declared];
}

/** Compose prints durations as Go does: 1m30s. @returns milliseconds */
function graceOf({ stop_grace_period: text }: ComposeService): number {
  if (text === undefined) return DEFAULT_GRACE_MS;
  const parts = [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit as keyof typeof UNITS], 0);
}
