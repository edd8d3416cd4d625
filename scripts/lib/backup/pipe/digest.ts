import { createHash } from 'node:crypto';
import type { Digest } from '../set.js';

/** Counts and hashes what goes through. */
export class Meter {
  readonly #hash = createHash('sha256');
  readonly #onBytes: ((bytes: number) => void) | undefined;
  #bytes = 0;

  /** @param onBytes told the number of bytes so far, with each piece */
  constructor(onBytes?: (bytes: number) => void) {
    this.#onBytes = onBytes;
  }

  add(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
    this.#onBytes?.(this.#bytes);
  }

  /** @returns what went through; call it once, at the end */
  digest(): Digest {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}

/** Passes a stream on and meters it. */
export async function* metered(source: AsyncIterable<Uint8Array>, meter: Meter): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    meter.add(chunk);
    yield chunk;
  }
}
