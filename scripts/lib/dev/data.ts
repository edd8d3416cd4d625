import type { Config } from '../config/load.js';
import { Compose } from '../engine/compose.js';
import type { Docker } from '../engine/docker.js';
import { UsageError } from '../errors.js';
import { readDevFiles } from './look.js';
import { devProject } from './project.js';
import { forgetRecord } from './record.js';

const projectLabel = 'com.docker.compose.project';

/** A volume, the project that it belongs to, and the containers that hold it. */
export interface HeldVolume {
  name: string;
  project: string | undefined;
  holders: { name: string; project: string | undefined }[];
}

/** Takes the development stack down. Its data stays. */
export async function stopDev(config: Config, docker: Docker, say: (line: string) => void): Promise<void> {
  await forgetRecord(config);
  await new Compose(docker.endpoint).call(devProject(config), ['down', '--remove-orphans'], { onLine: say });
}

/**
 * Takes the development stack down and removes its data.
 *
 * @param volumes what {@link devVolumes} found to be its own
 */
export async function dropDev(config: Config, docker: Docker, volumes: readonly string[], say: (line: string) => void): Promise<void> {
  await forgetRecord(config);
  // Volumes without a name go as well, which nothing but the containers knows.
  await new Compose(docker.endpoint).call(devProject(config), ['down', '--remove-orphans', '--volumes'], { onLine: say });
  // Those that an older version of the files had.
  const left = await Promise.all(volumes.map(async (name) => ((await isThere(docker, name)) ? [name] : [])));
  for (const name of left.flat()) await docker.change(`removing the volume ${name}`, () => docker.api.getVolume(name).remove());
}

/**
 * Finds the data of the development stack: the volumes that its project has made. It is the engine that says so, by their labels, not
 * a name in a file.
 *
 * @returns the names of the volumes, in order
 * @throws UsageError when what is declared as its data is another project's, or something else uses it: that is never removed
 */
export async function devVolumes(config: Config, docker: Docker): Promise<string[]> {
  const { volumes: declared } = await readDevFiles(config, docker);
  const all = await heldVolumes(docker);
  const problems = foreignData(declared, all, config.names.dev);
  if (problems.length > 0) {
    throw new UsageError('not all of that is the development stack’s own data: nothing was removed', {
      details: problems,
      hints: [`see who has it with: docker volume inspect <name>   and look into ${config.settings.DEV_COMPOSE.join(', ')}`],
    });
  }
  return all
    .filter(({ project }) => project === config.names.dev)
    .map(({ name }) => name)
    .sort();
}

/**
 * @param declared the volumes that the development stack's files declare as its own
 * @param all what is on the engine
 * @param own its project
 * @returns a line for each volume that must not be removed although one could think so; pure
 */
export function foreignData(declared: readonly string[], all: readonly HeldVolume[], own: string): string[] {
  const foreign = all
    .filter(({ name, project }) => declared.includes(name) && project !== own)
    .map(({ name, project }) => `the volume ${name} belongs to ${project === undefined ? 'no project' : `the project ${project}`}`);
  const held = all
    .filter(({ project }) => project === own)
    .flatMap(({ name, holders }) => holders.filter(({ project }) => project !== own).map((holder) => ({ name, holder })))
    .map(({ name, holder }) => `the volume ${name} is used by the container ${holder.name}, which is not of ${own}`);
  return [...foreign, ...held];
}

async function isThere(docker: Docker, volume: string): Promise<boolean> {
  const { Volumes } = await docker.call('listing volumes', () => docker.api.listVolumes({ filters: { name: [volume] } }));
  return (Volumes ?? []).some(({ Name }) => Name === volume);
}

async function heldVolumes(docker: Docker): Promise<HeldVolume[]> {
  const [{ Volumes }, containers] = await Promise.all([
    docker.call('listing volumes', () => docker.api.listVolumes()),
    docker.containers([]),
  ]);
  return (Volumes ?? []).map(({ Name, Labels }) => ({
    name: Name,
    project: (Labels as Record<string, string> | null)?.[projectLabel],
    holders: containers
      .filter(({ Mounts }) => Mounts.some((mount) => mount.Name === Name))
      .map((container) => ({ name: container.Names[0]?.slice(1) ?? container.Id, project: container.Labels[projectLabel] })),
  }));
}
