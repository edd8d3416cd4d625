import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, link, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../config/root.js';
import { defaults, type Key, type RequiredSecretKey } from '../config/schema.js';
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
  const text = withValues(example, { ...images, ...newSecrets(), ...values });
  return (await createFile(path, text)) ? [`wrote ${path} with new random secrets`] : [];
}

/**
 * Writes the choice of images down in a .env file and keeps everything else of it as it is.
 *
 * @returns what changed, a line each
 */
export async function writeImageChoice(path: string, images: ImageNames): Promise<string[]> {
  const file = await realpath(path);
  const before = await readFile(file, 'utf8');
  const after = withValues(before, images);
  if (after === before) return [];
  const { mode, uid, gid } = await stat(file);
  await beside(file, after, mode & 0o777, { uid, gid }, (temporary) => rename(temporary, file));
  return [`wrote the choice of images into ${path}`];
}

/** @returns secrets of URL-safe characters: 192 bits for each password, 384 for SECRET_KEY */
export function newSecrets(): Record<RequiredSecretKey, string> {
  const random = (bytes: number) => randomBytes(bytes).toString('base64url');
  return { DB_PASSWORD: random(24), POSTGRES_PASSWORD: random(24), REDIS_PASSWORD: random(24), SECRET_KEY: random(48) };
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

/** @returns false when somebody else made the file in the meantime; theirs stays */
async function createFile(path: string, text: string): Promise<boolean> {
  return beside(path, text, 0o600, undefined, async (temporary) => {
    try {
      // A hard link appears at once and whole like a rename, but refuses to replace a file.
      await link(temporary, path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  });
}

/** Writes a text into a new file in the same folder, hands it on, and leaves nothing behind. */
async function beside<T>(
  path: string,
  text: string,
  mode: number,
  owner: { uid: number; gid: number } | undefined,
  use: (temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(temporary, text, { flag: 'wx', mode, flush: true });
    if (owner && process.getuid?.() === 0) await chown(temporary, owner.uid, owner.gid);
    return await use(temporary);
  } finally {
    await rm(temporary, { force: true });
  }
}
