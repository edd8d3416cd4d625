import type { Digest } from '../set.js';
import { encrypted } from './age.js';
import { outputOf, start } from './child.js';
import { Meter, metered } from './digest.js';
import { feed } from './feed.js';

/** zstd's own default: 9.1 s for a database that gzip -6 takes 22.3 s for, at the same size (measured). */
const LEVEL = '-3';

export interface Packing {
  /** age recipients; none: not encrypted. */
  recipients: readonly string[];
  signal: AbortSignal;
  /** Told the number of bytes before compression so far. */
  onBytes?: ((bytes: number) => void) | undefined;
}

/** A stream on its way into a store, and what went through it, known when it has ended. */
export interface Packed {
  body: AsyncIterable<Uint8Array>;
  /** Only to be called after the body has ended well. */
  digests: () => { plain: Digest; stored: Digest };
}

/**
 * Compresses and, with recipients, encrypts a stream. The body throws, before it ends, when the source throws or a program
 * fails: what stores it can therefore never take a piece for the whole.
 */
export function pack(source: AsyncIterable<Uint8Array>, { recipients, signal, onBytes }: Packing): Packed {
  const plain = new Meter(onBytes);
  const stored = new Meter();
  async function* compressed(): AsyncGenerator<Uint8Array> {
    const zstd = start('zstd', ['--quiet', '--stdout', LEVEL], { signal });
    // A source that fails must not look like zstd's own failure: zstd ends what it has, and the source's error follows.
    const fed = feed(metered(source, plain), { ...zstd, kill: () => void zstd.stdin.destroy() });
    // Awaited below; a source that fails first must not count as unhandled until then.
    fed.catch(() => {});
    yield* outputOf(zstd);
    await fed;
  }
  return { body: metered(sealed(compressed(), recipients), stored), digests: () => ({ plain: plain.digest(), stored: stored.digest() }) };
}

/** @returns the stream, encrypted when there are recipients */
export function sealed(source: AsyncIterable<Uint8Array>, recipients: readonly string[]): AsyncIterable<Uint8Array> {
  return recipients.length > 0 ? encrypted(source, recipients) : source;
}
