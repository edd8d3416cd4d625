import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { ChildError, outputOf, start } from '../pipe/child.js';
import { DamagedError } from '../pipe/unpack.js';
import type { StoredObject } from '../set.js';
import { fromAnyStore, type Source } from './work.js';

/** Most tables of contents are smaller; where one is not, more is read. */
const FIRST = 1024 ** 2;

/**
 * Brings the beginning of a dump into a folder: its table of contents, which holds everything but rows. No more of the dump
 * is read, so nothing but pg_restore vouches for it yet.
 *
 * @returns the file's path
 * @throws DamagedError when the dump ends before its table of contents does
 */
export async function fetchHead(source: Source, object: StoredObject, folder: string): Promise<string> {
  const file = join(folder, `${object.name}.head`);
  const { environment, signal } = source.context;
  return fromAnyStore(source, object, async (plain) => {
    const head = await open(file, 'w', 0o600);
    try {
      let bytes = 0;
      let enough = FIRST;
      for await (const chunk of plain) {
        await head.write(chunk);
        bytes += chunk.length;
        if (bytes < enough) continue;
        if (await isReadable(file, environment, signal)) return file;
        enough *= 2;
      }
      if (await isReadable(file, environment, signal)) return file;
    } finally {
      await head.close();
    }
    throw new DamagedError(`${object.name}: it has no table of contents`);
  });
}

/** `pg_restore --list` reads the table of contents, and is content with a dump that ends behind it (measured). */
async function isReadable(file: string, environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<boolean> {
  try {
    for await (const _ of outputOf(start('pg_restore', ['--list', file], { env: { PATH: environment.PATH }, signal })));
    return true;
  } catch (error) {
    if (error instanceof ChildError) return false;
    throw error;
  }
}
