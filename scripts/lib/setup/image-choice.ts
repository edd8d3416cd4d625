import { defaults } from '../config/schema.js';
import type { Docker } from '../engine/docker.js';

/** The keys of `.env` that name base images. */
export const imageKeys = ['NGINX_IMAGE', 'NODE_IMAGE', 'POSTGRES_IMAGE', 'REDIS_IMAGE'] as const;
export type ImageKey = (typeof imageKeys)[number];
export type ImageChoice = Readonly<Record<ImageKey, string>>;

/** The official images, pulled from a registry. */
export const officialImages: ImageChoice = {
  NGINX_IMAGE: defaults.NGINX_IMAGE,
  NODE_IMAGE: defaults.NODE_IMAGE,
  POSTGRES_IMAGE: defaults.POSTGRES_IMAGE,
  REDIS_IMAGE: defaults.REDIS_IMAGE,
};

/** Images built from Debian packages. They carry names of their own, so that nobody takes them for the official ones. */
export const builtImages: ImageChoice = {
  NGINX_IMAGE: 'slipway/nginx:1.30',
  NODE_IMAGE: 'slipway/node:24',
  POSTGRES_IMAGE: 'slipway/postgres:18',
  REDIS_IMAGE: 'slipway/redis:8',
};

/** @returns the folder of infra/images that an image is built from, or undefined when it comes from a registry */
export function recipeOf(image: string): string | undefined {
  const key = imageKeys.find((candidate) => builtImages[candidate] === image);
  return key?.replace('_IMAGE', '').toLowerCase();
}

/**
 * The choice where no .env file says one, as in tests.
 *
 * @returns the images built from packages when the engine has all of them, else the official ones
 */
export async function chooseImages(docker: Docker): Promise<ImageChoice> {
  const missing = await missingImages(docker, Object.values(builtImages));
  return missing.length === 0 ? builtImages : officialImages;
}

/** @returns those of the images that are not on the engine */
export async function missingImages(docker: Docker, images: readonly string[]): Promise<string[]> {
  const found = await Promise.all(images.map((image) => docker.image(image)));
  return images.filter((_, index) => found[index] === undefined);
}
