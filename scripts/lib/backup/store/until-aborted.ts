/** A way to stop work that begins with somebody else's signal and can be used from inside as well. */
export interface Stop {
  readonly signal: AbortSignal;
  /** Stops the work; the first reason is the one that counts. */
  because: (reason: unknown) => void;
  /** Lets go of the signal that it began with. Call it when the work is over. */
  done: () => void;
}

/** @param signal stops the work too, when it is given */
export function newStop(signal: AbortSignal | undefined): Stop {
  const controller = new AbortController();
  const because = (reason: unknown) => controller.abort(reason);
  const passOn = () => because(signal?.reason);
  if (signal?.aborted) passOn();
  signal?.addEventListener('abort', passOn, { once: true });
  return { signal: controller.signal, because, done: () => signal?.removeEventListener('abort', passOn) };
}

/**
 * Passes a stream on until a signal aborts, even while the stream has nothing to say.
 *
 * @throws the signal's reason, or whatever the stream throws
 */
export async function* untilAborted(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  let over = false;
  try {
    for (;;) {
      const next = await nextOrAbort(iterator, signal).catch((error: unknown) => {
        over = true;
        // It may answer late or never: nobody waits for it, and the reason of the abort is what is told.
        if (signal.aborted) void Promise.resolve(iterator.return?.()).catch(() => {});
        throw error;
      });
      over = next.done === true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    if (!over) await iterator.return?.();
  }
}

/** Not Promise.race with one promise for all pieces: that one would remember every piece. */
function nextOrAbort<T>(iterator: AsyncIterator<T>, signal: AbortSignal): Promise<IteratorResult<T>> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    iterator
      .next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}
