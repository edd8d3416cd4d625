import { defaults } from '../config/schema.js';
import type { Docker } from '../engine/docker.js';

/** The keys of `.env` that name base images. */
export const imageKeys = ['NGINX_IMAGE', 'NODE_IMAGE', 'POSTGRES_IMAGE', 'REDIS_IMAGE'] as const;
export type ImageKey = (typeof imageKeys)[number];
export type ImageChoice = Readonly<Record<ImageKey, string>>;
/** Those that the development stack alone needs. */
export const devImageKeys = ['DEV_S3_IMAGE', 'DEV_MAIL_IMAGE'] as const;
export type DevImageKey = (typeof devImageKeys)[number];
/** Names of images by any of the keys. */
export type ImageNames = Readonly<Partial<Record<ImageKey | DevImageKey, string>>>;

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

/** By each key, the image that is pulled and the one that is built in its place. */
export const officialByKey: Required<ImageNames> = {
  ...officialImages,
  DEV_S3_IMAGE: defaults.DEV_S3_IMAGE,
  DEV_MAIL_IMAGE: defaults.DEV_MAIL_IMAGE,
};
export const builtByKey: Required<ImageNames> = {
  ...builtImages,
  DEV_S3_IMAGE: 'slipway/moto:5',
  DEV_MAIL_IMAGE: 'slipway/mailcatcher:0.11',
};

/** @returns the folder of infra/images that an image is built from, or undefined when it comes from a registry */
export function recipeOf(image: string): string | undefined {
  return Object.values(builtByKey).includes(image) ? /^slipway\/(.*):/.exec(image)?.[1] : undefined;
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
