import { once } from 'node:events';
import { messageOf, SlipwayError } from '../errors.js';

/** Where a stream of output without an end goes: as fast as it is read, and until nobody reads it any more. */
export class Sink {
  readonly #stream: NodeJS.WriteStream;
  readonly #ended = new AbortController();
  #failure: SlipwayError | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // `| head` has seen enough, which is no failure; a full disk is one.
      if (error.code !== 'EPIPE') this.#failure = new SlipwayError(`the output cannot be written: ${messageOf(error)}`, { cause: error });
      this.#ended.abort();
    });
  }

  /** Aborted when nothing more can be written. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /**
   * @returns when there is room for more
   * @throws SlipwayError when it cannot be written; not when nobody reads any more
   */
  async write(text: string): Promise<void> {
    if (!this.ended.aborted && !this.#stream.write(text)) {
      await once(this.#stream, 'drain', { signal: this.ended }).catch((error: unknown) => {
        if (!this.ended.aborted) throw error;
      });
    }
    this.assertWhole();
  }

  /** @throws SlipwayError when something could not be written */
  assertWhole(): void {
    if (this.#failure) throw this.#failure;
  }
}
