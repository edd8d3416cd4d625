import { setIdPattern } from './set.js';

/** The description of a set, and what may be said about it later: the objects of a set that are no data. */
export const MANIFEST = 'manifest.json';
export const VERIFIED = 'verified.json';
export const PINNED = 'pinned.json';

/** @returns what all keys of a set begin with */
export function folderOf(stack: string, set: string): string {
  return `${stack}/${set}/`;
}

/** @returns the key of an object of a set */
export function keyOf(stack: string, set: string, name: string): string {
  return folderOf(stack, set) + name;
}

/**
 * @param set a set's id
 * @returns when its run began, to the second; undefined when the text is no id
 */
export function momentOf(set: string): Date | undefined {
  if (!setIdPattern.test(set)) return undefined;
  const iso = set.replace(/^(....)(..)(..)_(..)(..)(..)$/, '$1-$2-$3T$4:$5:$6.000Z');
  const moment = new Date(iso);
  // A 30th of February would otherwise become the 2nd of March.
  return !Number.isNaN(moment.getTime()) && moment.toISOString() === iso ? moment : undefined;
}
