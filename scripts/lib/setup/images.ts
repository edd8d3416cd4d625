import type { Docker } from '../engine/docker.js';
import { NoRegistryError, pull } from '../engine/pull.js';
import { SlipwayError } from '../errors.js';
import { buildFromPackages, recipeHash } from './build-image.js';
import { recipeLabel } from './debian-image.js';
import { builtByKey, type ImageNames, officialByKey, recipeOf } from './image-choice.js';
import type { SetupProgress } from './progress.js';

export interface EnsureImagesOptions<Names extends ImageNames> {
  docker: Docker;
  /** The images that are wanted, as `.env` names them. */
  wanted: Names;
  /** Whether something runs on that choice already; then a registry that is silent today does not change it. */
  isSettled: () => Promise<boolean>;
  progress: SetupProgress;
}

/**
 * Makes sure that images are on the engine: pulls them; where no registry answers, builds them from Debian packages.
 *
 * @returns the images that hold from here on (other names than wanted when they were built instead), and what changed
 * @throws UsageError when the registry answered that it does not have an image or does not give it
 * @throws SlipwayError when no registry answers and the choice of images stands already
 */
export async function ensureImages<Names extends ImageNames>(
  options: EnsureImagesOptions<Names>,
): Promise<{ images: Names; changed: string[] }> {
  const { docker, wanted, progress } = options;
  const lacking = await lackingImages(docker, wanted);
  const pulled: string[] = [];
  let images = wanted;
  try {
    for (const image of lacking.filter((name) => !recipeOf(name))) {
      await progress.step(`Pull ${image}`, (say) => pull(docker, image, say));
      pulled.push(image);
    }
  } catch (error) {
    if (!(error instanceof NoRegistryError)) throw error;
    images = await instead(options, lacking, pulled, error);
    const built = keysOf(images).flatMap((key) => (images[key] === wanted[key] ? [] : [images[key]]));
    progress.note(`no registry answers for ${error.image}: ${built.join(', ')} are built from Debian packages instead`);
  }
  const toBuild = (images === wanted ? lacking : await lackingImages(docker, images)).filter((name) => recipeOf(name));
  if (toBuild.length > 0) await buildFromPackages(docker, toBuild, progress);
  return { images, changed: [...pulled.map((image) => `pulled ${image}`), ...toBuild.map((image) => `built ${image}`)] };
}

/** @returns the wanted images that are missing, or were built by another recipe than today's */
async function lackingImages(docker: Docker, wanted: ImageNames): Promise<string[]> {
  const names = [...new Set(Object.values(wanted))];
  const found = await Promise.all(names.map((name) => docker.image(name)));
  return names.filter((name, index) => {
    const recipe = recipeOf(name);
    return !found[index] || (recipe !== undefined && found[index].Config.Labels?.[recipeLabel] !== recipeHash(recipe));
  });
}

/** The images to build in place of the official ones, unless that choice was made before. */
async function instead<Names extends ImageNames>(
  { wanted, isSettled }: EnsureImagesOptions<Names>,
  lacking: readonly string[],
  pulled: readonly string[],
  error: NoRegistryError,
): Promise<Names> {
  const official = keysOf(wanted).filter((key) => wanted[key] === officialByKey[key]);
  const custom = lacking.find((image) => !recipeOf(image) && !official.some((key) => wanted[key] === image));
  if (custom) throw error;
  const someAreHere = pulled.length > 0 || official.some((key) => !lacking.includes(officialByKey[key]));
  if (someAreHere || (await isSettled())) {
    throw new SlipwayError(error.message, {
      details: ['this stack uses the official images already; one failure of the registry does not change that'],
      hints: ['type this again when the registry answers', ...official.map((key) => `or choose in .env: ${key}=${builtByKey[key]}`)],
      cause: error,
    });
  }
  return { ...wanted, ...Object.fromEntries(official.map((key) => [key, builtByKey[key]])) };
}

function keysOf(names: ImageNames): (keyof ImageNames)[] {
  return Object.keys(names) as (keyof ImageNames)[];
}
