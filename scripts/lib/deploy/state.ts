import type Dockerode from 'dockerode';
import { type Colour, colours, type Names } from '../config/names.js';
import { type LiveSet, readEdgeToken, readLiveSet } from '../edge/live.js';
import type { Docker } from '../engine/docker.js';
import { UsageError } from '../errors.js';

/** @throws UsageError when no engine answers */
export async function assertEngine(docker: Docker): Promise<void> {
  if (await docker.probe()) return;
  throw new UsageError(`no Docker Engine answers at ${docker.endpoint.host}`, { hints: ['start it, or type: npm run setup'] });
}

/** One container of the stack, as the engine lists it. */
export interface ContainerState {
  id: string;
  name: string;
  service: string;
  /** Which replica of its service it is, from 1. */
  number: number;
  /** `web`, `worker` or `singleton`; undefined for the base's. */
  role: string | undefined;
  version: string | undefined;
  release: string | undefined;
  image: string;
  /** Where a web service listens; undefined for all others. */
  port: number | undefined;
  /** The engine's word: created, running, restarting, exited, … */
  state: string;
  /** Undefined: the container has no health check. */
  health: 'starting' | 'healthy' | 'unhealthy' | undefined;
  /** The engine's words, such as `Up 2 minutes (healthy)`. */
  status: string;
  /** Addresses by network. */
  addresses: Record<string, string>;
  /** What Compose made it from. */
  configHash: string | undefined;
}

/** A stack's containers by project. */
export interface Containers {
  base: ContainerState[];
  colours: Record<Colour, ContainerState[]>;
}

/** What is true of a stack right now, by the engine's and the edge's word. */
export interface State extends Containers {
  /** What the edge serves; undefined when no release is live. */
  live: LiveSet | undefined;
  /** The highest fencing token that the edge has seen; 0 without an edge. */
  edgeToken: number;
}

/**
 * @param docker the engine
 * @param names the stack's names
 * @returns the stack's containers by project; one-off containers and the deck are left out
 */
export async function containersOf(docker: Docker, names: Names): Promise<Containers> {
  const all = await docker.containers([`dev.slipway.stack=${names.base}`]);
  const of = (project: string) =>
    all
      .filter(({ Labels }) => Labels['com.docker.compose.project'] === project && Labels['com.docker.compose.oneoff'] !== 'True')
      .map(describe);
  return {
    base: of(names.base),
    colours: Object.fromEntries(colours.map((colour) => [colour, of(names.project(colour))])) as State['colours'],
  };
}

/** @returns the stack's containers, and what the edge serves */
export async function observe(docker: Docker, names: Names): Promise<State> {
  const containers = await containersOf(docker, names);
  const edge = containers.base.find(({ service }) => service === 'edge');
  if (!edge) return { ...containers, live: undefined, edgeToken: 0 };
  const [live, edgeToken] = await Promise.all([readLiveSet(docker, edge.id), readEdgeToken(docker, edge.id)]);
  return { ...containers, live, edgeToken };
}

function describe({ Id, Names, Labels, Image, State: state, Status, NetworkSettings }: Dockerode.ContainerInfo): ContainerState {
  return {
    id: Id,
    name: (Names[0] ?? Id).replace(/^\//, ''),
    service: Labels['com.docker.compose.service'] ?? '',
    number: Number(Labels['com.docker.compose.container-number'] ?? 1),
    role: Labels['dev.slipway.role'],
    version: Labels['dev.slipway.version'],
    release: Labels['dev.slipway.release'],
    image: Image,
    port: portOf(Labels['dev.slipway.port']),
    state,
    health: healthOf(Status),
    status: Status,
    addresses: Object.fromEntries(Object.entries(NetworkSettings?.Networks ?? {}).map(([name, { IPAddress }]) => [name, IPAddress])),
    configHash: Labels['com.docker.compose.config-hash'],
  };
}

function portOf(label: string | undefined): number | undefined {
  return label === undefined ? undefined : Number(label);
}

/** The list call has the health only as words in the status. */
function healthOf(status: string): ContainerState['health'] {
  if (status.includes('(healthy)')) return 'healthy';
  if (status.includes('(unhealthy)')) return 'unhealthy';
  return status.includes('(health: starting)') ? 'starting' : undefined;
}
