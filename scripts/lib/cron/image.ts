import { join } from 'node:path';
import { projectRoot } from '../config/root.js';
import type { Docker } from '../engine/docker.js';
import { imageName } from '../engine/image-name.js';

/** What of the configuration decides about the cron image. */
export interface CronConfig {
  settings: { readonly POSTGRES_IMAGE: string; readonly REDIS_IMAGE: string; readonly NODE_IMAGE: string };
}

/** What the image is built from: its Dockerfile, and the program, which `npm run prepare` bundles into one file. */
export const cronFolders = { recipe: join(projectRoot, 'backups'), program: join(projectRoot, 'dist', 'bundle') } as const;

/** @returns the name of the cron image; one that exists under it is up to date */
export async function cronImage({ settings }: CronConfig, docker: Docker): Promise<string> {
  const { POSTGRES_IMAGE, REDIS_IMAGE, NODE_IMAGE } = settings;
  return imageName(docker, 'slipway/cron', Object.values(cronFolders), [POSTGRES_IMAGE, REDIS_IMAGE, NODE_IMAGE]);
}
