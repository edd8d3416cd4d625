import { z } from 'zod';
import { cronPaths } from '../../config/cron.js';
import type { Deck } from '../../engine/deck/deck.js';
import type { Stack } from '../stack.js';
import type { ContainerState } from '../state.js';
import { type FileVolumes, mountedFiles } from './project.js';

/** Where in the cron container's secrets it is written down what is live. */
export const snapshotFolder = cronPaths.snapshot.slice(cronPaths.secrets.length + 1);

const description = z.object({ files: z.record(z.string(), z.string()) });

/**
 * Finds what the container `files` is to mount when no release is at hand that says so: what it mounts; where it is gone,
 * what the release that is live wanted it to. Without that, backups would leave the app's files out until the next deploy.
 *
 * @param base its containers as they were just observed
 */
export async function filesToMount({ config, docker }: Stack, deck: Deck, base: readonly ContainerState[]): Promise<FileVolumes> {
  if (base.some(({ service }) => service === 'files')) return mountedFiles(docker, config.names);
  const text = await deck.readSecret(config.names.volumes.secretsCron, `${snapshotFolder}/release.json`);
  return text === undefined ? {} : description.parse(JSON.parse(text)).files;
}
