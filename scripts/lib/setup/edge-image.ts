import { join } from 'node:path';
import { projectRoot } from '../config/root.js';
import { type EdgeConfig, edgeImage } from '../edge/image.js';
import type { Docker } from '../engine/docker.js';
import { buildImage } from './build-image.js';
import type { SetupProgress } from './progress.js';

/**
 * Builds the edge image when it is missing.
 *
 * @returns its name, and what changed
 */
export async function ensureEdgeImage(
  config: EdgeConfig,
  docker: Docker,
  progress: SetupProgress,
): Promise<{ image: string; changed: string[] }> {
  const image = await edgeImage(config, docker);
  if (await docker.image(image)) return { image, changed: [] };
  const options = { args: { NGINX_IMAGE: config.settings.NGINX_IMAGE } };
  await progress.step(`Build ${image}`, (say) => buildImage(docker, image, join(projectRoot, 'nginx'), options, say));
  return { image, changed: [`built ${image}`] };
}
