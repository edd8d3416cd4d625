import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { UsageError } from '../../errors.js';

/** Docker's own limit for a secret; files of settings are far smaller. */
const LARGEST_BYTES = 500 * 1024;

/**
 * Reads a small file whole. A pipe or a device is refused: reading one may wait for ever.
 *
 * @param path where it is
 * @param is what it is, for the messages, such as `DB_PASSWORD_FILE`
 * @returns its bytes
 * @throws UsageError when there is none, it may not be read, it is no regular file or too large; its content is in no message
 */
export async function readSmallFile(path: string, is?: string): Promise<Buffer> {
  const where = is === undefined ? path : `${is} (${path})`;
  // Without O_NONBLOCK, opening a pipe that nobody writes to waits already.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw cannotOpen(error, where);
  });
  try {
    return await readOpen(file, where);
  } finally {
    await file.close();
  }
}

/** @returns what {@link readSmallFile} does, and undefined when there is no such file */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readSmallFile(path);
  } catch (error) {
    if (error instanceof NoSuchFileError) return undefined;
    throw error;
  }
}

/** There is no file of that name. */
export class NoSuchFileError extends UsageError {}

async function readOpen(file: FileHandle, where: string): Promise<Buffer> {
  const stat = await file.stat();
  if (!stat.isFile()) throw new UsageError(`${where}: is no regular file`);
  if (stat.size > LARGEST_BYTES) throw new UsageError(`${where}: should be at most ${LARGEST_BYTES} bytes, got ${stat.size}`);
  return file.readFile();
}

function cannotOpen(error: unknown, where: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return new NoSuchFileError(`${where}: there is no such file`);
  if (code === 'EACCES' || code === 'EPERM') return new UsageError(`${where}: may not be read by this user`);
  if (code === 'ENXIO') return new UsageError(`${where}: is no regular file`);
  return error;
}

/**
 * @param bytes a file's content
 * @param where the file, for the message
 * @throws UsageError when it is no text in UTF-8
 */
export function asText(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new UsageError(`${where}: is no text in UTF-8`);
  }
}
