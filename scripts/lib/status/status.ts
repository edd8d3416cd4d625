import { loadConfig } from '../config/load.js';
import { type Colour, colours, type Names } from '../config/names.js';
import { isRunning, type OperationRecord, operationsOf, readJournal } from '../deploy/journal.js';
import { assertEngine, type ContainerState, containersOf } from '../deploy/state.js';
import { readMaintenance } from '../edge/gate.js';
import { type LiveSet, readLiveSet } from '../edge/live.js';
import type { Maintenance } from '../edge/maintenance.js';
import { type LockHolder, lockHolder } from '../engine/deck/holder.js';
import { Docker } from '../engine/docker.js';
import { type BackupStatus, backupProblems, readBackups } from './backups.js';

/** One container, as a person wants to know it. */
export interface ContainerStatus {
  service: string;
  name: string;
  version: string | undefined;
  state: string;
  health: string | undefined;
  /** ISO 8601; undefined when it does not run. */
  since: string | undefined;
  restarts: number;
  image: string;
  /** It runs and belongs into the network of the edge, but is not in it: nothing reaches it, however well it is. */
  apart: boolean;
  /** The image's id, which a tag can stop pointing to. */
  imageId: string;
}

/** What `status` tells, the same for people and programs. */
export interface Status {
  stack: string;
  live: LiveSet | undefined;
  /** How the public is turned away; undefined when it is not. */
  maintenance: Maintenance | undefined;
  /** The operation that holds the lock. */
  running: LockHolder | undefined;
  base: ContainerStatus[];
  colours: Record<Colour, ContainerStatus[]>;
  operations: OperationRecord[];
  /** Undefined when there is no base. */
  backups: BackupStatus | undefined;
  /** Bytes on the engine. */
  disk: { images: number; volumes: number; buildCache: number };
  problems: string[];
}

/** How many of the last operations are told. */
const OPERATIONS = 5;

/**
 * Looks at a stack; takes no lock and changes nothing.
 *
 * @param dotenv the path that --dotenv gave
 */
export async function readStatus(dotenv: string | undefined): Promise<Status> {
  const config = await loadConfig(dotenv);
  const docker = new Docker();
  await assertEngine(docker);
  const containers = await containersOf(docker, config.names);
  const edge = containers.base.find(({ service }) => service === 'edge');
  const [live, maintenance, running, records, backups, disk, base, blue, green] = await Promise.all([
    edge && readLiveSet(docker, edge.id),
    edge && readMaintenance(docker, edge.id),
    lockHolder(docker, config.names),
    readJournal(docker, config),
    readBackups(docker, containers.base),
    diskUse(docker),
    describeAll(docker, containers.base, config.names),
    describeAll(docker, containers.colours.blue, config.names),
    describeAll(docker, containers.colours.green, config.names),
  ]);
  const status: Status = {
    stack: config.settings.STACK,
    live,
    maintenance,
    running,
    base,
    colours: { blue, green },
    operations: operationsOf(records).slice(0, OPERATIONS),
    backups,
    disk,
    problems: [],
  };
  return { ...status, problems: problemsOf(status) };
}

/** @returns what a person should look at, a line each; pure */
export function problemsOf({ base, colours: all, live, operations, running, backups }: Omit<Status, 'problems'>): string[] {
  const problems: string[] = [];
  const anyColour = colours.some((colour) => all[colour].length > 0);
  if (base.length === 0) return [anyColour ? 'the base (edge, postgres, redis) is gone' : 'nothing is deployed yet'];
  if (!live) problems.push('no release is live');
  for (const { name, state, health } of base) {
    if (state !== 'running' || health === 'unhealthy') problems.push(`${name} is ${state === 'running' ? health : state}`);
  }
  const apart = [...base, ...(live ? all[live.colour] : [])].filter((container) => container.apart);
  problems.push(...apart.map(({ name }) => `${name} is not in the edge's network, so nothing reaches it`));
  for (const colour of colours) {
    for (const { name, state, health, version } of all[colour]) {
      if (colour !== live?.colour) continue;
      // Of a release that is just going live, some are yet to be started.
      if (running && state === 'created') continue;
      if (state !== 'running' || health === 'unhealthy')
        problems.push(`${name} is ${state === 'running' ? health : state}, and ${colour} is live`);
      if (version !== live.version) problems.push(`${name} is of ${version}, and ${live.version} is live`);
    }
  }
  if (live?.canary && !running) {
    const { version, colour, share } = live.canary;
    problems.push(`${share} % of the clients are served by ${version} (${colour}), and nobody watches: npx zx scripts/deploy.mjs --abort`);
  }
  if (live && all[live.colour].length === 0) problems.push(`${live.colour} is live and has no containers`);
  const [last] = operations;
  if (last && last.outcome === undefined && !isRunning(last, running))
    problems.push(`${last.command} ${last.version} was cut off at "${last.step}"`);
  return [...problems, ...backupProblems(backups)];
}

async function describeAll(docker: Docker, containers: readonly ContainerState[], { networks }: Names): Promise<ContainerStatus[]> {
  const described = await Promise.all(
    containers.map(async ({ id, service, name, role, version, state, health, image, addresses }): Promise<ContainerStatus | undefined> => {
      const inspected = await docker.inspect(id);
      if (!inspected) return undefined;
      const isMet = role === 'web' || (role === undefined && service === 'edge');
      return {
        service,
        name,
        version,
        state,
        health,
        since: state === 'running' ? inspected.State.StartedAt : undefined,
        restarts: inspected.RestartCount,
        image,
        apart: state === 'running' && isMet && addresses[networks.app] === undefined,
        imageId: inspected.Image,
      };
    }),
  );
  return described.filter((one) => one !== undefined).sort((a, b) => a.name.localeCompare(b.name));
}

async function diskUse(docker: Docker): Promise<Status['disk']> {
  const use = await docker.call('asking the engine about its disk', () => docker.api.df());
  const sum = (sizes: readonly (number | undefined)[]) => sizes.reduce<number>((all, size) => all + Math.max(0, size ?? 0), 0);
  return {
    images: use.LayersSize ?? 0,
    volumes: sum((use.Volumes ?? []).map((volume: { UsageData?: { Size?: number } }) => volume.UsageData?.Size)),
    buildCache: sum((use.BuildCache ?? []).map((entry: { Size?: number }) => entry.Size)),
  };
}
