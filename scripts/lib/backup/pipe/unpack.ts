import { SlipwayError, UsageError } from '../../errors.js';
import type { Digest, StoredObject } from '../set.js';
import { decrypted } from './age.js';
import { ChildError, outputOf, start } from './child.js';
import { Meter, metered } from './digest.js';
import { feed } from './feed.js';

/** What was stored is not what is there now. */
export class DamagedError extends SlipwayError {}

/**
 * Turns stored bytes back into what they were, and checks length and checksum of both forms. Throws before it ends when
 * anything differs: whoever consumes it must not use what it got until it has ended well.
 *
 * @param identity the age identity; needed when the object's name ends with `.age`
 * @throws DamagedError
 */
export async function* unpack(
  source: AsyncIterable<Uint8Array>,
  object: StoredObject,
  options: { identity: string; signal?: AbortSignal | undefined; onBytes?: ((bytes: number) => void) | undefined },
): AsyncGenerator<Uint8Array> {
  const stored = new Meter(options.onBytes);
  const plain = new Meter();
  const input = opened(metered(source, stored), object, options.identity);
  const zstd = start('zstd', ['--quiet', '--decompress', '--stdout'], { signal: options.signal });
  const fed = feed(input, zstd);
  fed.catch(() => {});
  try {
    for await (const chunk of outputOf(zstd)) {
      plain.add(chunk);
      yield chunk;
    }
  } catch (error) {
    if (!(error instanceof ChildError)) throw error;
    // zstd complains about what it was fed; what happened to its feed says more.
    await fed;
    throw new DamagedError(`${object.name}: what is stored is damaged`, { details: error.details, cause: error });
  }
  await fed;
  assertSame(object.name, 'stored', stored.digest(), object.stored);
  assertSame(object.name, 'unpacked', plain.digest(), object.plain);
}

/** Reads stored bytes and checks them, without unpacking. */
export async function readThrough(
  source: AsyncIterable<Uint8Array>,
  object: StoredObject,
  onBytes?: (bytes: number) => void,
): Promise<void> {
  const stored = new Meter(onBytes);
  for await (const chunk of source) stored.add(chunk);
  assertSame(object.name, 'stored', stored.digest(), object.stored);
}

/** @returns whether an identity is needed to read it */
export function isEncrypted({ name }: Pick<StoredObject, 'name'>): boolean {
  return name.endsWith('.age');
}

/** @returns the stream, decrypted where the object is encrypted */
export function opened(source: AsyncIterable<Uint8Array>, object: StoredObject, identity: string): AsyncIterable<Uint8Array> {
  if (!isEncrypted(object)) return source;
  if (identity === '') throw noIdentity(object);
  return decrypted(source, identity);
}

function noIdentity({ name }: StoredObject): UsageError {
  return new UsageError(`${name} is encrypted`, { hints: ['set BACKUP_AGE_IDENTITY to the identity of one of its recipients'] });
}

/** @throws DamagedError when what was found is not what the manifest says */
export function assertSame(name: string, form: string, found: Digest, expected: Digest): void {
  if (found.bytes !== expected.bytes) {
    throw new DamagedError(`${name}: ${form} are ${found.bytes} bytes, the manifest says ${expected.bytes}`);
  }
  if (found.sha256 !== expected.sha256) {
    throw new DamagedError(`${name}: ${form} checksum ${found.sha256.slice(0, 12)}…, the manifest says ${expected.sha256.slice(0, 12)}…`);
  }
}
