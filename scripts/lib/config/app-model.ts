import type { ComposeSpecification } from 'docker-compose';
import { parse, stringify } from 'yaml';
import type { z } from 'zod';
import { UsageError } from '../errors.js';
import { type Colour, type Names, otherColour } from './names.js';
import { type Block, serviceSchema } from './x-slipway.js';

type ComposeService = NonNullable<ComposeSpecification['services']>[string];

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
 * @returns the app's services and the model
 * @throws UsageError listing every problem at once
 */
export function readAppModel(yaml: string, names: Names): AppModel {
  const compose = parse(yaml) as ComposeSpecification;
  const problems: string[] = [];
  const services = Object.entries(compose.services ?? {}).map(([name, service]) => readService(name, service, problems));
  problems.push(...services.flatMap((service) => problemsOf(service, compose, names)));
  problems.push(...routeProblems(services));
  if (!services.some(({ role, route }) => role === 'web' && route.length > 0)) {
    problems.push('services: at least one should have an x-slipway block with role: web, a port and a route');
  }
  if (problems.length > 0) {
    throw new UsageError(`the app's Compose file has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}`, {
      details: problems,
      hints: ['compose/blue-green.yml shows how each key is written'],
    });
  }
  return { services, compose };
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
function withSingleDollars(block: unknown): unknown {
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
  if (service.role === 'web' && service.port === undefined) {
    problems.push(`${at}.x-slipway.port: should be the port that the service listens on, since its role is web`);
  }
  if (service.role !== 'web' && service.route.length > 0) problems.push(`${at}.x-slipway.route: only a service with role: web has one`);
  if (service.role === 'singleton' && service.replicas > 1)
    problems.push(`${at}.deploy.replicas: should be 1, since its role is singleton`);
  if (service.role !== 'web' && service.checks.length > 0) {
    problems.push(`${at}.x-slipway.checks: only a service with role: web has them; a ${service.role} has a health check`);
  }
  for (const { path } of service.limits) {
    if (!service.route.some((route) => path.startsWith(route.path)))
      problems.push(`${at}.x-slipway.limits: ${path} is under no route of the service`);
  }
  if (!service.image) problems.push(`${at}.image: should name the image, such as \${REGISTRY:-slipway}/${service.name}:\${VERSION}`);
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
  const borrowed = services.flatMap(({ name, limits }) =>
    limits.flatMap(({ path }) => {
      const other = services.find((service) => service.name !== name && service.route.some((route) => route.path === path));
      return other ? [`services.${name}.x-slipway.limits: ${path} is a route of ${other.name}; give that route a rate`] : [];
    }),
  );
  return [...doubled, ...borrowed];
}

/** What makes a resolved model one release in one colour. */
export interface ReleaseIdentity {
  stack: string;
  colour: Colour;
  version: string;
  /** Unique for each deploy. */
  release: string;
  appEnv: Readonly<Record<string, string>>;
  /** How many CPUs the engine's machine has. */
  cpus: number;
}

/**
 * Makes the model that is really started: its identity in environment and labels, an alias that only this colour has,
 * plain volumes shared by both colours, nothing pulled or built behind the deploy's back.
 *
 * @returns the model as YAML, and the names of the stack's volumes that it needs to exist
 */
export function releaseModel(model: AppModel, names: Names, identity: ReleaseIdentity): { yaml: string; volumes: string[] } {
  const compose = structuredClone(model.compose);
  compose.name = names.project(identity.colour);
  for (const service of model.services) {
    const target = compose.services?.[service.name];
    if (!target) continue;
    const { stack, colour, version, release } = identity;
    target.environment = {
      ...literal(identity.appEnv),
      ...asRecord(target.environment),
      COLOUR: colour,
      VERSION: version,
      RELEASE: release,
    };
    target.labels = { ...asRecord(target.labels), ...labelsOf(service, { stack, colour, version, release }) };
    // The engine refuses a limit above what the machine has; a smaller machine just gives all it has.
    const limits = target.deploy?.resources?.limits;
    if (limits && Number(limits.cpus) > identity.cpus) limits.cpus = String(identity.cpus);
    target.pull_policy = 'never';
    delete target.build;
    addAlias(target, networkKey(target, compose, names.networks.app), `${service.name}.${colour}`);
  }
  const volumes: string[] = [];
  const ownPrefix = [names.project(identity.colour), names.project(otherColour(identity.colour))].map((project) => `${project}_`);
  for (const volume of Object.values(compose.volumes ?? {})) {
    if (!volume || volume.external) continue;
    const prefix = ownPrefix.find((candidate) => volume.name?.startsWith(candidate));
    // Not `<stack>_…`: those are the base's.
    if (prefix) volume.name = `${names.base}-app_${volume.name?.slice(prefix.length)}`;
    if (volume.name) volumes.push(volume.name);
    volume.external = true;
  }
  return { yaml: composeYaml(compose), volumes };
}

/**
 * @param model a Compose model
 * @returns it as YAML that Compose's own parser reads the same way: that one takes an unquoted `2026-11-22` for a date and
 * `1_000` for a number, so every text is quoted
 */
export function composeYaml(model: ComposeSpecification): string {
  return stringify(model, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 });
}

/** Compose interpolates the model once more: a dollar sign that is meant as one is written twice. */
function literal(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, value.replaceAll('$', '$$$$')]));
}

function labelsOf(service: AppService, identity: Record<string, string>): Record<string, string> {
  const labels: Record<string, string> = { role: service.role, ...identity };
  if (service.port !== undefined) labels.port = String(service.port);
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [`dev.slipway.${key}`, value]));
}

function addAlias(service: ComposeService, key: string | undefined, alias: string): void {
  const networks = service.networks;
  if (!networks || Array.isArray(networks) || !key) return;
  const attachment = (networks as Record<string, { aliases?: string[] } | null>)[key] ?? {};
  attachment.aliases = [...new Set([...(attachment.aliases ?? []), alias])];
  (networks as Record<string, unknown>)[key] = attachment;
}

/** @returns the key under which the file knows the network of that name, if the service is in it */
function networkKey(service: ComposeService, compose: ComposeSpecification, network: string): string | undefined {
  const keys = Array.isArray(service.networks) ? service.networks : Object.keys(service.networks ?? {});
  return keys.find((key) => (compose.networks?.[key]?.name ?? key) === network);
}

function asRecord(value: unknown): Record<string, string> {
  if (Array.isArray(value)) return Object.fromEntries(value.map((entry) => splitAssignment(String(entry))));
  return (value ?? {}) as Record<string, string>;
}

function splitAssignment(entry: string): [string, string] {
  const at = entry.indexOf('=');
  return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
}
