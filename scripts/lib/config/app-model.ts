import type { ComposeSpecification } from 'docker-compose';
import { parse } from 'yaml';
import type { z } from 'zod';
import { UsageError } from '../errors.js';
import { assetProblems } from './assets.js';
import { jobProblems, withJobRunners } from './job-runner.js';
import type { Names } from './names.js';
import { type Block, serviceSchema } from './x-slipway.js';

export type ComposeService = NonNullable<ComposeSpecification['services']>[string];

/** One service of the app, with what Slipway has to know of it. */
export interface AppService extends Block {
  name: string;
  image: string;
  /** Whether its image can be built (it has a `build` section). */
  builds: boolean;
  replicas: number;
}

/** The app as Compose resolved it, for one colour. */
export interface AppModel {
  services: AppService[];
  compose: ComposeSpecification;
}

/**
 * Reads and checks the output of `docker compose config` (YAML: the JSON form drops x- blocks of services).
 *
 * @param yaml the resolved model
 * @param names the stack's names
 * @returns the app's services, with one more for each that declares jobs, and the model
 * @throws UsageError listing every problem at once
 */
export function readAppModel(yaml: string, names: Names): AppModel {
  const compose = parse(yaml) as ComposeSpecification;
  const problems: string[] = [];
  const services = Object.entries(compose.services ?? {}).map(([name, service]) => readService(name, service, problems));
  problems.push(...services.flatMap((service) => problemsOf(service, compose, names)));
  problems.push(...routeProblems(services), ...jobProblems(services), ...assetProblems(services, leadsTo));
  if (!services.some(({ role, route }) => role === 'web' && route.length > 0)) {
    problems.push('services: at least one should have an x-slipway block with role: web, a port and a route');
  }
  if (problems.length > 0) {
    throw new UsageError(`the app's Compose file has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}`, {
      details: problems,
      hints: ['compose/blue-green.yml shows how each key is written'],
    });
  }
  return { services: withJobRunners(services, compose, names), compose };
}

function readService(name: string, service: ComposeService, problems: string[]): AppService {
  const block = serviceSchema.safeParse(withSingleDollars((service as Record<string, unknown>)['x-slipway'] ?? {}));
  if (!block.success)
    problems.push(...block.error.issues.map((issue) => `services.${name}.x-slipway${pathOf(issue)}: ${messageFor(issue)}`));
  return {
    ...(block.success ? block.data : serviceSchema.parse({})),
    name,
    image: service.image ?? '',
    builds: service.build !== undefined,
    replicas: Number(service.deploy?.replicas ?? service.scale ?? 1),
  };
}

/** Compose prints every dollar sign doubled, for the next reading by Compose; the block is read here. */
export function withSingleDollars(block: unknown): unknown {
  return JSON.parse(JSON.stringify(block).replaceAll('$$', '$'));
}

function pathOf(issue: z.core.$ZodIssue): string {
  return issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
}

function messageFor(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `there is no key ${issue.keys.join(', ')}`;
  return issue.message;
}

/** What two colours side by side cannot have, and what a web service needs. */
function problemsOf(service: AppService, app: ComposeSpecification, names: Names): string[] {
  const compose = app.services?.[service.name] ?? {};
  const at = `services.${service.name}`;
  const problems: string[] = [];
  if (['edge', 'postgres', 'redis', 'cron', 'files'].includes(service.name))
    problems.push(`${at}: the name belongs to the base, which is on the same networks; call it otherwise`);
  if (service.role === 'web' && service.port === undefined) {
    problems.push(`${at}.x-slipway.port: should be the port that the service listens on, since its role is web`);
  }
  if (service.role !== 'web' && service.route.length > 0) problems.push(`${at}.x-slipway.route: only a service with role: web has one`);
  if (service.role === 'singleton' && service.replicas > 1)
    problems.push(`${at}.deploy.replicas: should be 1, since its role is singleton`);
  if (service.role !== 'web' && service.checks.length > 0) {
    problems.push(`${at}.x-slipway.checks: only a service with role: web has them; a ${service.role} has a health check`);
  }
  for (const { path, every, times, within } of service.checks) {
    if ((times - 1) * every > within)
      problems.push(`${at}.x-slipway.checks: ${path} cannot pass ${times} times ${every / 1_000} s apart within ${within / 1_000} s`);
  }
  for (const { path } of service.limits) {
    if (!service.route.some((route) => path.startsWith(route.path)))
      problems.push(`${at}.x-slipway.limits: ${path} is under no route of the service`);
  }
  if (!service.image) problems.push(`${at}.image: should name the image, such as \${REGISTRY:-slipway}/${service.name}:\${VERSION}`);
  for (const volume of service.backup?.files ?? []) {
    if (!Object.hasOwn(app.volumes ?? {}, volume)) problems.push(`${at}.x-slipway.backup.files: there is no volume ${volume} in the file`);
    else if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(volume)) problems.push(`${at}.x-slipway.backup.files: ${volume} is no name for a volume`);
  }
  if (compose.ports?.length) problems.push(`${at}.ports: should not be published, both colours run at once; give the service a route`);
  if (compose.container_name) problems.push(`${at}.container_name: should not be set, both colours run at once`);
  if (service.role === 'web' && service.route.length > 0 && !networkKey(compose, app, names.networks.app)) {
    problems.push(`${at}.networks: should have app (the network ${names.networks.app}), where the edge is`);
  }
  return problems;
}

/** Two locations of one path would stop nginx: each path of a host has one service. */
function routeProblems(services: readonly AppService[]): string[] {
  const seen = new Map<string, string>();
  const doubled = services.flatMap(({ name, route }) =>
    route.flatMap(({ host, path }) => {
      const key = `${host ?? ''}${path}`;
      const other = seen.get(key);
      seen.set(key, name);
      return other === undefined ? [] : [`services.${name}.x-slipway.route: ${key} is the route of ${other} already`];
    }),
  );
  const elsewhere = services.flatMap((service) =>
    service.limits
      .filter(({ path }) => service.route.some((route) => path.startsWith(route.path)) && !leadsTo(service, path, services))
      .map(({ path }) => `services.${service.name}.x-slipway.limits: ${path} leads to another service; give its route a rate`),
  );
  return [...doubled, ...elsewhere];
}

/** @returns whether a path reaches the service on one host at least: nobody else has a longer route to it there */
function leadsTo({ name, route }: AppService, path: string, services: readonly AppService[]): boolean {
  const others = services.filter((service) => service.name !== name).flatMap((service) => service.route);
  return route.some(
    (own) =>
      path.startsWith(own.path) &&
      !others.some((other) => other.host === own.host && path.startsWith(other.path) && other.path.length > own.path.length),
  );
}

/** @returns the key under which the file knows the network of that name, if the service is in it */
export function networkKey(service: ComposeService, compose: ComposeSpecification, network: string): string | undefined {
  const keys = Array.isArray(service.networks) ? service.networks : Object.keys(service.networks ?? {});
  return keys.find((key) => (compose.networks?.[key]?.name ?? key) === network);
}
