import { resolve } from 'node:path';
import type { Config } from '../config/load.js';
import { tuningFor } from '../config/tuning.js';
import { edgeImage } from '../edge/image.js';
import type { Compose, ComposeProject } from '../engine/compose.js';
import type { Docker } from '../engine/docker.js';
import type { ContainerState } from './state.js';

const UNITS = { m: 1024 ** 2, g: 1024 ** 3 } as const;
/** How long the edge's container may take to end beyond its drain. */
const GRACE_MS = 10_000;

/** @returns how Compose is to be called for the base */
export async function baseProject(config: Config, docker: Docker): Promise<ComposeProject> {
  const [machine, edge] = await Promise.all([docker.machine(), edgeImage(config, docker)]);
  const folder = resolve(config.root, 'compose');
  return {
    files: [resolve(folder, 'production.yml')],
    folder,
    env: {
      ...config.environment,
      ...config.raw,
      ...tuningFor(stackMemory(config) ?? machine.memory, machine.cpus),
      EDGE_IMAGE: edge,
      STOP_GRACE: `${Math.ceil((config.settings.DRAIN_TIMEOUT + GRACE_MS) / 1_000)}s`,
    },
  };
}

/**
 * @param running the base's containers
 * @returns the services whose container was made from other settings than today's
 */
export async function baseDrift(compose: Compose, project: ComposeProject, running: readonly ContainerState[]): Promise<string[]> {
  const hashes = await compose.call(project, ['config', '--hash=*']);
  const wanted = new Map(
    hashes
      .trim()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  );
  return running
    .filter(({ service, configHash }) => wanted.has(service) && wanted.get(service) !== configHash)
    .map(({ service }) => service);
}

/** @returns STACK_MEMORY in bytes; undefined when all of the machine is meant */
function stackMemory(config: Config): number | undefined {
  const match = /^([\d.]+)([mg])$/.exec(config.settings.STACK_MEMORY);
  return match ? Number(match[1]) * UNITS[match[2] as keyof typeof UNITS] : undefined;
}
