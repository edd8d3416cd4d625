import { constants, type Dirent } from 'node:fs';
import { mkdir, open, readdir, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { finishedName } from './key.js';
import { codeOf } from './local-errors.js';

/** A file below a store's folder. */
export interface Found {
  path: string;
  /** Its key; that of the file it was to become when it is still being written. */
  key: string;
  unfinished: boolean;
}

/** All files of a store whose keys begin with a prefix. What vanishes meanwhile is left out. */
export async function* filesUnder(root: string, prefix: string, folder = ''): AsyncGenerator<Found> {
  for (const entry of await entriesOf(join(root, folder))) {
    const name = finishedName(entry.name);
    const key = folder + (entry.isFile() ? (name ?? entry.name) : entry.name);
    if (entry.isFile() && key.startsWith(prefix)) yield { path: join(root, folder, entry.name), key, unfinished: name !== undefined };
    const below = `${key}/`;
    if (entry.isDirectory() && (below.startsWith(prefix) || prefix.startsWith(below))) yield* filesUnder(root, prefix, below);
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** @returns whether there was such a file */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

/** Removes a folder and those above it, up to the root, for as long as they are empty. */
export async function removeEmptyFolders(root: string, folder: string): Promise<void> {
  for (let path = folder; path !== root && path.startsWith(`${root}/`); path = dirname(path)) {
    try {
      await rmdir(path);
    } catch (error) {
      if (isGone(error)) continue;
      if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') return;
      throw error;
    }
  }
}

/** Makes a folder so that it is still there after a power failure. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let path = folder; path.length >= first.length; path = dirname(path)) await syncFolder(dirname(path));
}

/** A name in a folder is on the disk only after the folder itself was synced. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @returns an error says that a file, or a folder on the way to it, is not there */
export function isGone(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
}
