import { cronImage } from '../cron/image.js';
import { edgeImage } from '../edge/image.js';
import type { Docker } from '../engine/docker.js';
import { type ImageChoice, imageKeys, missingImages } from './image-choice.js';

/**
 * A fast look before a deploy, some milliseconds.
 *
 * @param config names the images
 * @returns the images that `npm run setup` would still have to get; empty when the machine is ready
 */
export async function isReady({ settings }: { settings: ImageChoice }, docker: Docker): Promise<string[]> {
  const missing = await missingImages(docker, [...new Set(imageKeys.map((key) => settings[key]))]);
  if (missing.length > 0) return [...missing, 'slipway/edge', 'slipway/cron'];
  const own = await Promise.all([edgeImage({ settings }, docker), cronImage({ settings }, docker)]);
  return missingImages(docker, own);
}
