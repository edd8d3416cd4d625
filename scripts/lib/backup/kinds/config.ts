import { existsSync } from 'node:fs';
import { outputOf, start } from '../pipe/child.js';
import { pack } from '../pipe/pack.js';
import type { Part } from './part.js';

/** The file of the snapshot that holds secrets. */
export const SECRET_FILE = 'dotenv';

/**
 * What the last deploy wrote down: the release's resolved model, the edge's configuration and, only when the set is
 * encrypted, .env.
 *
 * @param folder the snapshot
 */
export function configPart(folder: string, isEncrypted: boolean): Part {
  const exclude = isEncrypted ? [] : [`--exclude=./${SECRET_FILE}`];
  return {
    kind: 'config',
    source: 'config',
    expected: undefined,
    pack: (packing) => {
      const args = ['--create', '--format=posix', ...exclude, '--directory', folder, '.'];
      return pack(outputOf(start('tar', args, { signal: packing.signal })), packing);
    },
  };
}

/** @returns whether a deploy has written a snapshot yet */
export function hasSnapshot(folder: string): boolean {
  return existsSync(folder);
}
