import { join } from 'node:path';
import { projectRoot } from '../config/root.js';
import type { Docker } from '../engine/docker.js';
import { imageName } from '../engine/image-name.js';

/** What of the configuration decides about the edge image. */
export interface EdgeConfig {
  settings: { readonly NGINX_IMAGE: string };
}

/** @returns the name of the edge image; one that exists under it is up to date */
export async function edgeImage({ settings }: EdgeConfig, docker: Docker): Promise<string> {
  return imageName(docker, 'slipway/edge', [join(projectRoot, 'nginx')], [settings.NGINX_IMAGE]);
}
