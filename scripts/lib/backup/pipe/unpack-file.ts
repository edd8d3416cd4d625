import { statSync } from 'node:fs';
import type { StoredObject } from '../set.js';
import { ChildError, start } from './child.js';
import { Meter, metered } from './digest.js';
import { feed } from './feed.js';
import { asideOf } from './pack-program.js';
import { assertSame, DamagedError, opened } from './unpack.js';

/** As when packing: the unpacked bytes stay out of this process. */
const LINE = 'set -o pipefail; zstd --quiet --decompress --stdout | tee >(sha256sum >&3) > "$1"';

/**
 * Unpacks stored bytes into a file, and checks length and checksum of both forms.
 *
 * @throws DamagedError when anything differs from what the manifest says
 */
export async function unpackInto(
  file: string,
  source: AsyncIterable<Uint8Array>,
  object: StoredObject,
  options: { identity: string; signal: AbortSignal; onBytes?: (bytes: number) => void },
): Promise<void> {
  const stored = new Meter(options.onBytes);
  const input = opened(metered(source, stored), object, options.identity);
  const line = start('bash', ['--norc', '-c', LINE, 'bash', file], { signal: options.signal, group: true });
  line.stdout.resume();
  const found = asideOf(line);
  await feed(input, line);
  try {
    await line.ended;
  } catch (error) {
    if (!(error instanceof ChildError)) throw error;
    throw new DamagedError(`${object.name}: it cannot be unpacked`, { details: error.details, cause: error });
  }
  assertSame(object.name, 'stored', stored.digest(), object.stored);
  const sha256 = (await found).slice(0, 64);
  assertSame(object.name, 'unpacked', { bytes: statSync(file).size, sha256 }, object.plain);
}
