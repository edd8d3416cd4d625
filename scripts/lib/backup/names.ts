import { createHash } from 'node:crypto';
import type { Kind } from './set.js';

/** The source of Postgres' roles, which no database's dump has. A database of this name would get the roles' name. */
export const GLOBALS = 'globals';

/** Longer ones are cut: file systems end at 255 bytes, and a store may want to add something while it writes. */
const LONGEST = 150;

/**
 * @param kind what the object holds
 * @param source the database, `globals` or the volume's short name; of the other kinds a set has one object at most
 * @param set the set's id
 * @param encrypted it is an age file
 * @returns the object's name inside the set's folder: no two sources of a set have the same
 */
export function nameOf(kind: Kind, source: string, set: string, encrypted: boolean): string {
  return `${stemOf(kind, source)}_${set}.${endings[source === GLOBALS && kind === 'postgres' ? GLOBALS : kind]}${encrypted ? '.age' : ''}`;
}

const endings = { postgres: 'dump.zst', globals: 'sql.zst', redis: 'rdb.zst', files: 'tar.zst', config: 'tar.zst' } as const;

function stemOf(kind: Kind, source: string): string {
  if (kind === 'postgres') return source === GLOBALS ? GLOBALS : `db_${encodeSource(source)}`;
  return kind === 'files' ? `files-${encodeSource(source)}` : kind;
}

/**
 * Lower-case letters, digits, "-" and "_" stay; every other byte becomes "." and two hex digits. A name then means the same
 * as a key of S3, in a URL, and on a file system that knows no case.
 *
 * @param source any text
 * @returns a text that only this source has
 */
export function encodeSource(source: string): string {
  const encoded = [...Buffer.from(source)]
    .map((byte) => (/[a-z0-9_-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `.${byte.toString(16).padStart(2, '0')}`))
    .join('');
  if (encoded.length <= LONGEST) return encoded;
  // Two dots never stand beside each other otherwise, so a cut name is like no whole one.
  const hash = createHash('sha256').update(source).digest('hex').slice(0, 32);
  return `${encoded.slice(0, LONGEST - 34).replace(/\.+$/, '')}..${hash}`;
}
