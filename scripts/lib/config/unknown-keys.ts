import { keys, type Layer, originIn, placeOf } from './layers.js';
import { nearest } from './nearest.js';

/** Names from this length on are far enough apart that two slips can be told from another name: HTTP_HOST is not HTTP_PORT. */
const LONG = 10;

/**
 * Keys of .env files that mean nothing to Slipway and are nearly one that does: `HTTP_PROT=80` would leave HTTP_PORT at its
 * default without a word. What is far from every key is somebody else's, and no business of ours.
 *
 * @param layers of which those count that are files: an environment, or a secrets' store, is shared with other programs
 * @returns a line for each, in the order of the files
 */
export function nearMisses(layers: readonly Layer[]): string[] {
  return layers.flatMap((layer) =>
    [...(layer.lines?.keys() ?? [])].flatMap((name) => {
      const meant = (keys as readonly string[]).includes(name) ? undefined : nearest(name.toUpperCase(), keys, name.length < LONG ? 1 : 2);
      return meant ? [`${name}: there is no such key; did you mean ${meant}? (${placeOf(originIn(layer, name))})`] : [];
    }),
  );
}
