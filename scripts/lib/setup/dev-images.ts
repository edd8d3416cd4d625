import type { Config } from '../config/load.js';
import type { Docker } from '../engine/docker.js';
import { writeImageChoice } from './dotenv.js';
import { builtByKey, type DevImageKey, devImageKeys, type ImageNames, imageKeys, missingImages, officialByKey } from './image-choice.js';
import { ensureImages } from './images.js';
import type { SetupProgress } from './progress.js';

/**
 * Makes sure that those images of the development stack are on the engine that no deploy needs. Where the base images were built
 * from Debian packages, these are as well, and the .env file names them from then on.
 *
 * @param used the images that the stack's services name
 * @returns whether the .env file names others now
 * @throws SlipwayError when no registry answers, and the base images came from one
 */
export async function ensureDevImages(
  config: Config,
  docker: Docker,
  used: ReadonlySet<string>,
  progress: SetupProgress,
): Promise<boolean> {
  const { settings } = config;
  const keys = devImageKeys.filter((key) => used.has(settings[key]));
  const named = Object.fromEntries(keys.map((key) => [key, settings[key]])) as ImageNames;
  const isFromPackages = imageKeys.some((key) => settings[key] === builtByKey[key]);
  const missing = await missingImages(
    docker,
    keys.map((key) => settings[key]),
  );
  const isToBuild = (key: DevImageKey) => isFromPackages && settings[key] === officialByKey[key] && missing.includes(settings[key]);
  const wanted = { ...named, ...Object.fromEntries(keys.filter(isToBuild).map((key) => [key, builtByKey[key]])) } as ImageNames;

  const { images } = await ensureImages({ docker, wanted, isSettled: async () => true, progress });
  const changed = keys.filter((key) => images[key] !== settings[key]);
  if (changed.length === 0) return false;
  await writeImageChoice(config.file, Object.fromEntries(changed.map((key) => [key, images[key] ?? ''])));
  return true;
}
