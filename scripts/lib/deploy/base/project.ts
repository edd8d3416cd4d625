import { resolve } from 'node:path';
import { cronPaths } from '../../config/cron.js';
import type { Config } from '../../config/load.js';
import type { Names } from '../../config/names.js';
import { composeYaml } from '../../config/release-model.js';
import { tuningFor } from '../../config/tuning.js';
import { cronImage } from '../../cron/image.js';
import { edgeImage } from '../../edge/image.js';
import type { Compose, ComposeProject } from '../../engine/compose.js';
import type { Docker } from '../../engine/docker.js';
import type { ContainerState } from '../state.js';

const UNITS = { m: 1024 ** 2, g: 1024 ** 3 } as const;
/** How long the edge's container may take to end beyond its drain. */
const GRACE_MS = 10_000;

/** Volumes of the app whose files are backed up, by the names that the app's file has. */
export type FileVolumes = Readonly<Record<string, string>>;

/**
 * @param files what the container `files` is to mount
 * @returns how Compose is to be called for the base
 */
export async function baseProject(config: Config, docker: Docker, files: FileVolumes): Promise<ComposeProject> {
  const [machine, edge, cron] = await Promise.all([docker.machine(), edgeImage(config, docker), cronImage(config, docker)]);
  const folder = resolve(config.root, 'compose');
  return {
    files: [resolve(folder, 'production.yml')],
    overlay: withVolumes(files),
    folder,
    env: {
      ...config.environment,
      ...config.raw,
      ...tuningFor(stackMemory(config) ?? machine.memory, machine.cpus),
      EDGE_IMAGE: edge,
      CRON_IMAGE: cron,
      STOP_GRACE: `${Math.ceil((config.settings.DRAIN_TIMEOUT + GRACE_MS) / 1_000)}s`,
    },
  };
}

/** Where the container `files` says what it mounts. */
const FILES_LABEL = 'dev.slipway.files';

/** @returns what the container `files` mounts now; nothing when there is none */
export async function mountedFiles(docker: Docker, names: Names): Promise<FileVolumes> {
  const [container] = await docker.containers([`com.docker.compose.project=${names.base}`, 'com.docker.compose.service=files']);
  return JSON.parse(container?.Labels[FILES_LABEL] ?? '{}') as FileVolumes;
}

/** The app decides which volumes there are, so they are no part of the base's own file. */
function withVolumes(files: FileVolumes): string {
  const shorts = Object.keys(files);
  const mounts = shorts.map((short) => `app-${short}:${cronPaths.files}/${short}`);
  const volumes = shorts.map((short) => [`app-${short}`, { name: files[short] ?? '', external: true }] as const);
  return composeYaml({
    services: { files: { labels: { [FILES_LABEL]: JSON.stringify(files).replaceAll('$', '$$$$') }, volumes: mounts } },
    volumes: Object.fromEntries(volumes),
  });
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
