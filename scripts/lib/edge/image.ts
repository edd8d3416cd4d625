import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { projectRoot } from '../config/root.js';
import type { Docker } from '../engine/docker.js';
import { hashOfFolder } from '../engine/folder-hash.js';
import { SlipwayError } from '../errors.js';

/** What of the configuration decides about the edge image. */
export interface EdgeConfig {
  settings: { readonly NGINX_IMAGE: string };
}

/**
 * The edge image's name says what it was built from, so a name that exists is up to date.
 *
 * @param config names the nginx image it is built from, which has to be on the engine
 * @returns `slipway/edge:<12 hex>`: a hash over the files of nginx/ and the id of the nginx image
 */
export async function edgeImage({ settings }: EdgeConfig, docker: Docker): Promise<string> {
  const nginx = await docker.image(settings.NGINX_IMAGE);
  if (!nginx) throw new SlipwayError(`the image ${settings.NGINX_IMAGE} is not on the engine`, { hints: ['type: npm run setup'] });
  const hash = createHash('sha256')
    .update(hashOfFolder(join(projectRoot, 'nginx')))
    .update(nginx.Id)
    .digest('hex');
  return `slipway/edge:${hash.slice(0, 12)}`;
}
