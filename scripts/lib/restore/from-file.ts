import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { messageOf, UsageError } from '../errors.js';

/** What a dump of `pg_dump --format=custom` begins with, and where the byte is that tells the format (pg_backup_archiver.h). */
const MAGIC = 'PGDMP';
const FORMAT_AT = 10;
const CUSTOM = 1;
const ZSTD = '28b52ffd';

/**
 * Looks at the beginning of a dump that a person brings.
 *
 * @returns its name and size (bytes)
 * @throws UsageError when it is no dump of that format
 */
export function lookAtDump(path: string): { name: string; bytes: number } {
  const head = Buffer.alloc(FORMAT_AT + 1);
  let bytes: number;
  try {
    const file = openSync(path, 'r');
    try {
      bytes = fstatSync(file).size;
      readSync(file, head, 0, head.length, 0);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new UsageError(`--from-file: ${messageOf(error)}`, { cause: error });
  }
  const hint =
    head.subarray(0, 4).toString('hex') === ZSTD
      ? 'it is compressed: unpack it first with zstd -d'
      : 'make one with: pg_dump --format=custom';
  if (head.subarray(0, MAGIC.length).toString('latin1') !== MAGIC || head[FORMAT_AT] !== CUSTOM)
    throw new UsageError(`--from-file: ${path} is not a dump of pg_dump --format=custom`, { hints: [hint] });
  return { name: basename(path), bytes };
}
