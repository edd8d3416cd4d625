import { StoreError } from './errors.js';

/** S3 takes 1024 bytes, prefix included. */
const LONGEST_KEY = 900;
/** File systems take 255 bytes; a name gets longer while it is being written. */
const LONGEST_NAME = 220;
/** What the name of a file looks like that is still being written: `.<name>.<random>.part`. */
const UNFINISHED = /^\.(.+)\.[0-9a-f]{12}\.part$/;

/**
 * @param key a key relative to a store's root, such as `<stack>/<set>/<name>`
 * @throws StoreError when it could lead out of the store, or cannot be kept by every kind of store
 */
export function checkKey(key: string): void {
  const problem = problemOf(key);
  if (problem) throw new StoreError(`${JSON.stringify(key)} cannot be a key of a store: ${problem}`);
}

function problemOf(key: string): string | undefined {
  if (key.startsWith('/')) return 'it begins with "/"';
  if (/[\p{Cc}\\]/u.test(key)) return 'it has a backslash or a control character';
  if (Buffer.byteLength(key) > LONGEST_KEY) return `it is longer than ${LONGEST_KEY} bytes`;
  for (const name of key.split('/')) {
    if (name === '') return 'it has an empty name between two "/", or at its end';
    if (name === '.' || name === '..') return `it has a name ${JSON.stringify(name)}`;
    if (Buffer.byteLength(name) > LONGEST_NAME) return `it has a name longer than ${LONGEST_NAME} bytes`;
    if (UNFINISHED.test(name)) return 'it is named like a file that is still being written';
  }
  return undefined;
}

/**
 * @param prefix what keys begin with; may be empty, and may end in the middle of a name
 * @throws StoreError when no key can begin so
 */
export function checkPrefix(prefix: string): void {
  if (prefix !== '') checkKey(/(^|\/)\.{0,2}$/.test(prefix) ? `${prefix}x` : prefix);
}

/** @returns a name to write under before the file gets its own, which nobody else has */
export function unfinishedName(name: string, random: string): string {
  return `.${name}.${random}.part`;
}

/** @returns the name that a file was to get which is still being written; undefined for every other file */
export function finishedName(name: string): string | undefined {
  return UNFINISHED.exec(name)?.[1];
}
