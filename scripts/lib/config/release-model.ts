import type { ComposeSpecification } from 'docker-compose';
import { stringify } from 'yaml';
import { type AppModel, type AppService, type ComposeService, networkKey } from './app-model.js';
import { type Colour, type Names, otherColour } from './names.js';

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
 * @returns the model as YAML; the same with references in place of the app's own variables, to be kept; the names of the
 * stack's volumes that it needs to exist; and of those whose files are to be backed up, by the names that the app's file has
 */
export function releaseModel(
  model: AppModel,
  names: Names,
  identity: ReleaseIdentity,
): { yaml: string; recorded: string; volumes: string[]; files: Record<string, string> } {
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
    target.restart = restartOf(target);
    delete target.deploy?.restart_policy;
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
  const named = model.services.flatMap(({ backup }) => backup?.files ?? []);
  const files = Object.fromEntries([...new Set(named)].sort().map((name) => [name, compose.volumes?.[name]?.name ?? name]));
  return { files, yaml: composeYaml(compose), recorded: composeYaml(withReferences(compose, Object.keys(identity.appEnv))), volumes };
}

/**
 * @param model a Compose model
 * @returns it as YAML that Compose's own parser reads the same way: that one takes an unquoted `2026-11-22` for a date and
 * `1_000` for a number, so every text is quoted
 */
export function composeYaml(model: ComposeSpecification): string {
  return stringify(model, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 });
}

/**
 * With `always`, and with `on-failure` where the last exit code was not 0, the engine starts what was stopped on purpose once
 * more when it restarts: after a reboot the workers and singletons of both colours would run (measured, Engine 26.1). So only whether a
 * service restarts is the app's to say. Without a word it does: a release has to come back with its machine.
 */
function restartOf({ restart, deploy }: ComposeService): 'no' | 'unless-stopped' {
  // Where both are there, Compose goes by `deploy` (tried with 2.26).
  const policy = deploy?.restart_policy?.condition ?? restart;
  return policy === 'no' || policy === 'none' ? 'no' : 'unless-stopped';
}

/** The app's own variables may be secrets, and nobody says which: a record has their names only. */
function withReferences(model: ComposeSpecification, keys: readonly string[]): ComposeSpecification {
  const compose = structuredClone(model);
  for (const service of Object.values(compose.services ?? {})) {
    const environment = service.environment as Record<string, string> | undefined;
    for (const key of keys) if (environment?.[key] !== undefined) environment[key] = `\${${key}}`;
  }
  return compose;
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

function asRecord(value: unknown): Record<string, string> {
  if (Array.isArray(value)) return Object.fromEntries(value.map((entry) => splitAssignment(String(entry))));
  return (value ?? {}) as Record<string, string>;
}

function splitAssignment(entry: string): [string, string] {
  const at = entry.indexOf('=');
  return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
}
