import { join } from 'node:path';
import { projectRoot } from '../config/root.js';
import type { Docker } from '../engine/docker.js';
import { dockerCommand } from '../engine/docker-command.js';
import { hashOfFolder } from '../engine/folder-hash.js';
import { run } from '../engine/run.js';
import { type DebianSystem, makeDebianImage, recipeLabel, recipeOfSystem } from './debian-image.js';
import { recipeOf } from './image-choice.js';
import { withNpmPackage } from './npm-package.js';
import type { SetupProgress } from './progress.js';

/** What every image from packages is built on. */
export const debianBase = 'slipway/debian:forky';
const DEBIAN: DebianSystem = { suite: 'forky' };
/** apt and dpkg use one core each; more at once only wait for each other. */
const AT_ONCE = 2;

/** What `docker build` is told beside the folder. */
export interface BuildOptions {
  args?: Readonly<Record<string, string>>;
  labels?: Readonly<Record<string, string>>;
  /** Further folders that the Dockerfile names. */
  contexts?: Readonly<Record<string, string>>;
}

/**
 * Builds an image from a folder with a Dockerfile.
 *
 * @param image the image's name
 * @param folder the build's context
 */
export async function buildImage(docker: Docker, image: string, folder: string, options: BuildOptions, say: (line: string) => void) {
  const pairs = (flag: string, values: Readonly<Record<string, string>> = {}) =>
    Object.entries(values).map(([key, value]) => `--${flag}=${key}=${value}`);
  const flags = [...pairs('build-arg', options.args), ...pairs('label', options.labels), ...pairs('build-context', options.contexts)];
  // The engine's own builder: it alone finds base images that only the engine has.
  const build = ['buildx', 'build', '--builder=default', '--load', '--progress=plain', `--tag=${image}`, ...flags, folder];
  await run(dockerCommand(docker, ...build), { onLine: (line) => say(line.replace(/^#\d+ (\d+\.\d+ )?/, '')) });
}

/** @returns what the label of an image built from packages says when it is up to date */
export function recipeHash(recipe: string): string {
  return hashOfFolder(recipeFolder(recipe));
}

/**
 * Builds images from Debian packages, and first the Debian they are built on, when that is missing or of an older recipe.
 *
 * @param images names that {@link recipeOf} knows
 */
export async function buildFromPackages(docker: Docker, images: readonly string[], progress: SetupProgress): Promise<void> {
  const base = await docker.image(debianBase);
  if (base?.Config.Labels?.[recipeLabel] !== recipeOfSystem(DEBIAN)) await makeDebianImage(docker, debianBase, DEBIAN, progress);
  await eachOf(images, AT_ONCE, (image) => progress.step(`Build ${image}`, (say) => buildOne(docker, image, say)));
}

async function buildOne(docker: Docker, image: string, say: (line: string) => void): Promise<void> {
  const recipe = recipeOf(image) ?? '';
  const folder = recipeFolder(recipe);
  const options = { args: { BASE: debianBase }, labels: { [recipeLabel]: recipeHash(recipe) } };
  if (recipe !== 'node') return buildImage(docker, image, folder, options, say);
  await withNpmPackage(join(folder, 'npm.json'), (npm) => buildImage(docker, image, folder, { ...options, contexts: { npm } }, say));
}

function recipeFolder(recipe: string): string {
  return join(projectRoot, 'infra', 'images', recipe);
}

/** Runs the work for all items, some at a time. After a failure nothing new begins, and what runs is awaited. */
async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  let failed = false;
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined && !failed; item = queue.shift()) {
      await work(item).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const results = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
}
