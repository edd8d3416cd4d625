import { dotenvPath, loadConfig } from '../config/load.js';
import type { Key } from '../config/schema.js';
import { Docker } from '../engine/docker.js';
import { ensureCronImage } from './cron-image.js';
import { ensureDotenv, writeImageChoice } from './dotenv.js';
import { ensureEdgeImage } from './edge-image.js';
import { ensureEngine } from './engine.js';
import { chooseImages, type ImageChoice, imageKeys } from './image-choice.js';
import { ensureImages } from './images.js';
import type { SetupProgress } from './progress.js';

export interface SetupOptions {
  /** Install packages without asking. */
  yes: boolean;
  /** Asks the person yes or no; left out where nobody can be asked. */
  ask?: ((question: string) => Promise<boolean>) | undefined;
  progress: SetupProgress;
  /** The path that --dotenv gave. */
  dotenv?: string | undefined;
  /** false: no .env is read or written; {@link chooseImages} tells the choice afterwards. */
  env?: boolean;
  /** Values that a new .env gets in place of .env.example's. */
  values?: Partial<Record<Key, string>>;
}

export interface SetupResult {
  /** What setup changed, a line each; empty when all was there. */
  changed: string[];
  images: ImageChoice;
  /** The names of the images that are made of them. */
  edge: string;
  cron: string;
}

/**
 * Makes a machine ready for everything else: the engine, the .env file, the base images, the images that are made of them.
 * A second run finds all of it there and changes nothing.
 */
export async function setup(options: SetupOptions): Promise<SetupResult> {
  const { progress } = options;
  const docker = new Docker();
  const changed = await ensureEngine({ ...options, docker });

  const choice = options.env === false ? await withoutDotenv(docker) : await fromDotenv(docker, options);
  changed.push(...choice.changed);
  const base = await ensureImages({ docker, wanted: choice.images, isSettled: choice.isSettled, progress });
  changed.push(...base.changed, ...(await choice.remember(base.images)));

  const edge = await ensureEdgeImage({ settings: base.images }, docker, progress);
  const cron = await ensureCronImage({ settings: base.images }, docker, progress);
  return { changed: [...changed, ...edge.changed, ...cron.changed], images: base.images, edge: edge.image, cron: cron.image };
}

/** Where the choice of images stands, and where it is written to. */
interface Choice {
  images: ImageChoice;
  isSettled: () => Promise<boolean>;
  remember: (images: ImageChoice) => Promise<string[]>;
  changed: string[];
}

async function withoutDotenv(docker: Docker): Promise<Choice> {
  return { images: await chooseImages(docker), isSettled: async () => false, remember: async () => [], changed: [] };
}

async function fromDotenv(docker: Docker, { dotenv, values = {} }: SetupOptions): Promise<Choice> {
  const path = dotenvPath(dotenv);
  const changed = await ensureDotenv({ path, docker, values, images: await chooseImages(docker) });
  const { settings } = await loadConfig(dotenv);
  return {
    images: pickImages(settings),
    isSettled: () => hasData(docker, settings.STACK),
    remember: (images) => writeImageChoice(path, images),
    changed,
  };
}

function pickImages(settings: ImageChoice): ImageChoice {
  return Object.fromEntries(imageKeys.map((key) => [key, settings[key]])) as unknown as ImageChoice;
}

/** A stack with a volume was started on its images. */
async function hasData(docker: Docker, stack: string): Promise<boolean> {
  const label = [`com.docker.compose.project=${stack}`];
  const { Volumes } = await docker.call('listing volumes', () => docker.api.listVolumes({ filters: { label } }));
  return (Volumes ?? []).length > 0;
}
