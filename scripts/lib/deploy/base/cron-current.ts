import { cronOptionalSecretKeys } from '../../config/cron.js';
import type { Config } from '../../config/load.js';
import { tarOf } from '../../engine/archive.js';
import { Compose } from '../../engine/compose.js';
import type { Docker } from '../../engine/docker.js';
import { containersOf } from '../state.js';
import { baseDrift, baseProject, mountedFiles } from './project.js';
import { forData } from './secrets.js';

/** Where the volume is mounted in the container that writes it. */
const FOLDER = '/secrets';

/**
 * Hands those of .env's secrets to the cron container that may change at any time (keys of stores, age, its webhook);
 * it reads them anew for each command. It takes no lock: a file is replaced as a whole. Through a container that is made
 * for it and never started.
 */
export async function refreshCronSecrets(config: Config, docker: Docker): Promise<void> {
  const container = await docker.call('writing the secrets of the cron container', () =>
    docker.api.createContainer({
      Image: config.settings.NODE_IMAGE,
      Cmd: ['true'],
      Labels: { 'dev.slipway.stack': config.names.base },
      HostConfig: { Mounts: [{ Type: 'volume', Source: config.names.volumes.secretsCron, Target: FOLDER }] },
    }),
  );
  try {
    const archive = await tarOf(cronOptionalSecretKeys.map((key) => forData(key, config.secrets[key].reveal())));
    await docker.call('writing the secrets of the cron container', () => container.putArchive(archive, { path: FOLDER }));
  } finally {
    await docker.call('removing a container', () => container.remove({ force: true }));
  }
}

/** @returns whether the cron container was started with other settings than .env has now */
export async function cronDrifts(config: Config, docker: Docker): Promise<boolean> {
  const [{ base }, files] = await Promise.all([containersOf(docker, config.names), mountedFiles(docker, config.names)]);
  const drifted = await baseDrift(new Compose(docker.endpoint), await baseProject(config, docker, files), base);
  return drifted.includes('cron');
}
