import type { Config } from '../../config/load.js';
import type { Compose } from '../../engine/compose.js';
import type { Deck } from '../../engine/deck/deck.js';
import type { Docker } from '../../engine/docker.js';
import type { ContainerState } from '../state.js';
import { baseProject, type FileVolumes, mountedFiles } from './project.js';
import { writeSecrets } from './secrets.js';

/** Traffic needs these, and needs them well. */
const VITAL = ['edge', 'postgres', 'redis'];
/** These may be ill without stopping a deploy: whether backups work is theirs to tell. */
export const ASIDE: readonly string[] = ['cron', 'files'];

export interface BaseUp {
  config: Config;
  docker: Docker;
  compose: Compose;
  deck: Deck;
  /** The base's containers as they were just observed. */
  base: readonly ContainerState[];
  /** Volumes whose files are backed up. */
  files: FileVolumes;
  signal?: AbortSignal | undefined;
  progress: (text: string) => void;
}

/**
 * Has all of the base up. Containers that are there are never recreated, but for `files`, which no traffic goes through,
 * when the app names other volumes than it mounts.
 *
 * @returns the services that were started
 * @throws UsageError, before anything is changed, when a schedule could never fire
 */
export async function startBase({ config, docker, compose, deck, base, files, signal, progress }: BaseUp): Promise<string[]> {
  // Loaded here alone, since it takes its time. The cron container ends at once when it cannot tell when something is due.
  (await import('../../config/schedules.js')).refuseBadSchedules(config.settings);
  await Promise.all([writeSecrets({ config, deck }), ...Object.values(files).map((volume) => ensureVolume(docker, config, volume))]);
  const healthy = base.filter(({ state, health }) => state === 'running' && health === 'healthy').map(({ service }) => service);
  const running = base.filter(({ state }) => state === 'running').map(({ service }) => service);
  const missing = [...VITAL.filter((service) => !healthy.includes(service)), ...ASIDE.filter((service) => !running.includes(service))];
  const project = await baseProject(config, docker, files);
  if (missing.length > 0) {
    progress(`starting ${missing.join(', ')}`);
    await compose.call(project, ['up', '--detach', '--no-recreate', '--no-build', '--pull=missing', '--wait', '--wait-timeout=180'], {
      signal,
    });
  }
  if (!missing.includes('files') && !sameVolumes(files, await mountedFiles(docker, config.names))) {
    await compose.call(project, ['up', '--detach', '--no-deps', '--no-build', 'files'], { signal });
  }
  return missing;
}

function sameVolumes(a: FileVolumes, b: FileVolumes): boolean {
  return JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
}

/** Creating a volume that exists changes nothing. */
export async function ensureVolume(docker: Docker, { names }: Pick<Config, 'names'>, name: string): Promise<void> {
  await docker.call(`creating the volume ${name}`, () =>
    docker.api.createVolume({ Name: name, Labels: { 'dev.slipway.stack': names.base } }),
  );
}
