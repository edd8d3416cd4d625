import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../config/root.js';
import { defaults, type Key } from '../config/schema.js';
import { randomSecrets } from '../config/secrets/random.js';
import { createFile, FileExistsError, replaceFile } from '../config/secrets/write-file.js';
import type { Docker } from '../engine/docker.js';
import { UsageError } from '../errors.js';
import { withValues } from './dotenv-text.js';
import type { ImageChoice, ImageNames } from './image-choice.js';

export interface EnsureDotenvOptions {
  /** The .env file's absolute path. */
  path: string;
  docker: Docker;
  /** The images that the new file names. */
  images: ImageChoice;
  /** Values that are to differ from .env.example; STACK is one of them. */
  values?: Partial<Record<Key, string>>;
}

/**
 * Writes a .env file with strong random secrets when there is none: the layout of .env.example, readable by its owner only.
 * A file that is there is never touched.
 *
 * @returns what changed, a line each
 * @throws UsageError when this stack has a database already, which new passwords would lock out
 */
export async function ensureDotenv({ path, docker, images, values = {} }: EnsureDotenvOptions): Promise<string[]> {
  if (existsSync(path)) return [];
  await refuseToLockOut(docker, values.STACK ?? defaults.STACK, path);
  const example = await readFile(join(projectRoot, '.env.example'), 'utf8');
  const text = withValues(example, { ...images, ...randomSecrets([]), ...values });
  try {
    await createFile(path, text, 0o600);
  } catch (error) {
    // Somebody else made the file in the meantime; theirs stays.
    if (error instanceof FileExistsError) return [];
    throw error;
  }
  return [`wrote ${path} with new random secrets`];
}

/**
 * Writes the choice of images down in a .env file and keeps everything else of it as it is.
 *
 * @returns what changed, a line each
 */
export async function writeImageChoice(path: string, images: ImageNames): Promise<string[]> {
  const before = await readFile(path, 'utf8');
  const after = withValues(before, images);
  if (after === before) return [];
  await replaceFile(path, after, 0o600);
  return [`wrote the choice of images into ${path}`];
}

async function refuseToLockOut(docker: Docker, stack: string, path: string): Promise<void> {
  const volume = await postgresVolume(docker, stack);
  if (volume === undefined) return;
  throw new UsageError(
    `there is no ${path}, but the volume ${volume} holds the database of the stack ${stack}: new passwords would lock it out`,
    {
      hints: ['put the old .env back', `or, when nobody needs that data any more: docker volume rm ${volume}`],
    },
  );
}

/** @returns the name of the stack's Postgres volume, by its name or by Compose's labels */
async function postgresVolume(docker: Docker, stack: string): Promise<string | undefined> {
  const { Volumes } = await docker.call('listing volumes', () => docker.api.listVolumes());
  return (Volumes ?? []).find(({ Name, Labels }) => {
    const label = (name: string) => (Labels as Record<string, string> | null)?.[`com.docker.compose.${name}`];
    return Name === `${stack}_postgres` || (label('project') === stack && label('volume') === 'postgres');
  })?.Name;
}
