import { randomBytes } from 'node:crypto';
import { chmod, chown, link, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from '../../errors.js';

/** Puts a file into its place whole or not at all, whenever the machine stops; what is there keeps its owner and mode. */
export async function replaceFile(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const before = await stat(path).catch(absent);
  const target = before ? await realpath(path) : path;
  await beside(target, content, before ? 0o600 : mode, async (temporary) => {
    if (before) await chmod(temporary, before.mode & 0o777);
    if (before && process.getuid?.() === 0) await chown(temporary, before.uid, before.gid);
    await rename(temporary, target);
  });
}

/** There is a file of that name already. */
export class FileExistsError extends UsageError {}

/**
 * The same for a file that is new.
 *
 * @throws FileExistsError when there is one already, which stays as it is
 */
export async function createFile(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  await beside(path, content, mode, async (temporary) => {
    try {
      // A link appears at once and whole like a rename, but replaces nothing.
      await link(temporary, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new FileExistsError(`${path}: is there already, and was left as it is`);
      throw error;
    }
  });
}

/** Writes a new file into the same folder, hands it on, and leaves nothing behind. */
async function beside(path: string, content: string | Uint8Array, mode: number, use: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(temporary, content, { flag: 'wx', mode, flush: true });
    await use(temporary);
  } catch (error) {
    throw cannotWrite(error, path);
  } finally {
    await rm(temporary, { force: true });
  }
  await flushFolder(dirname(path));
}

function cannotWrite(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return new UsageError(`${dirname(path)}: there is no such folder`);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return new UsageError(`${path}: may not be written by this user`);
  return error;
}

/** A rename is on the disk for certain once its folder is. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
