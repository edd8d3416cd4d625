/** @returns bytes that differ from place to place, so that pieces in the wrong order are noticed */
export function bytes(count: number, seed = 1): Buffer {
  const content = Buffer.alloc(count);
  let state = seed;
  for (let index = 0; index < count; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    content[index] = state >>> 16;
  }
  return content;
}

/** @returns the content as a stream, in pieces of a size */
export async function* streamOf(content: Uint8Array, piece = 64 * 1024): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += piece) yield content.subarray(at, at + piece);
}

/** @returns all of a stream */
export async function contentOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** A stream that gives some content, and then fails. */
export async function* failing(content: Uint8Array, error: unknown): AsyncGenerator<Uint8Array> {
  yield* streamOf(content);
  throw error;
}

/** A stream that gives some content, and then neither ends nor goes on; `closed` resolves when its reader lets go of it. */
export function stuck(content: Uint8Array): { body: AsyncIterable<Uint8Array>; isStuck: Promise<void>; closed: Promise<void> } {
  let nowStuck = () => {};
  let nowClosed = () => {};
  const isStuck = new Promise<void>((resolve) => {
    nowStuck = resolve;
  });
  const closed = new Promise<void>((resolve) => {
    nowClosed = resolve;
  });
  const pieces = streamOf(content);
  const iterator: AsyncIterator<Uint8Array> = {
    next: async () => {
      const next = await pieces.next();
      if (!next.done) return next;
      nowStuck();
      return new Promise(() => {});
    },
    return: async () => {
      nowClosed();
      return { done: true, value: undefined };
    },
  };
  return { body: { [Symbol.asyncIterator]: () => iterator }, isStuck, closed };
}

/** @returns what was thrown */
export async function failureOf(work: Promise<unknown>): Promise<Error & { details?: string[]; hints?: string[] }> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
}
