import { createHash } from 'node:crypto';
import { SlipwayError } from '../errors.js';
import type { Docker } from './docker.js';
import { hashOfFolder } from './folder-hash.js';

/**
 * Names an image that is built here by what it is built from, so that one that exists is up to date.
 *
 * @param name its repository, such as `slipway/edge`
 * @param folders everything that its build copies
 * @param bases the images it is built on, which have to be on the engine
 * @returns `<name>:<12 hex>`
 */
export async function imageName(docker: Docker, name: string, folders: readonly string[], bases: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of folders) hash.update(hashOfFolder(folder));
  const images = await Promise.all(bases.map((base) => docker.image(base)));
  for (const [index, image] of images.entries()) {
    if (!image) throw new SlipwayError(`the image ${bases[index]} is not on the engine`, { hints: ['type: npm run setup'] });
    hash.update(image.Id);
  }
  return `${name}:${hash.digest('hex').slice(0, 12)}`;
}
