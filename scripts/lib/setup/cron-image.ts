import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../config/root.js';
import { type CronConfig, cronFolders, cronImage } from '../cron/image.js';
import type { Docker } from '../engine/docker.js';
import { buildImage } from './build-image.js';
import type { SetupProgress } from './progress.js';

/**
 * Builds the cron image when it is missing.
 *
 * @returns its name, and what changed
 */
export async function ensureCronImage(
  config: CronConfig,
  docker: Docker,
  progress: SetupProgress,
): Promise<{ image: string; changed: string[] }> {
  const image = await cronImage(config, docker);
  if (await docker.image(image)) return { image, changed: [] };
  const { POSTGRES_IMAGE, REDIS_IMAGE, NODE_IMAGE } = config.settings;
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string };
  const options = {
    args: { POSTGRES_IMAGE, REDIS_IMAGE, NODE_IMAGE, SLIPWAY_VERSION: version },
    contexts: { program: cronFolders.program },
  };
  await progress.step(`Build ${image}`, (say) => buildImage(docker, image, cronFolders.recipe, options, say));
  return { image, changed: [`built ${image}`] };
}
