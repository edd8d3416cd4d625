/** One piece, on its way to all branches. */
interface Round {
  piece: Promise<IteratorResult<Uint8Array>>;
  resolve: (piece: Promise<IteratorResult<Uint8Array>>) => void;
}

/**
 * Gives one stream to several readers. The next piece is taken when all of them have asked for it, so that none is kept for
 * a slow one; a reader that stops early holds nobody up.
 *
 * @returns as many branches as asked for; each ends, or throws, as the stream does
 */
export function tee(body: AsyncIterable<Uint8Array>, count: number): AsyncIterable<Uint8Array>[] {
  const iterator = body[Symbol.asyncIterator]();
  let round = newRound();
  let reading = count;
  let waiting = 0;

  const advance = () => {
    if (waiting === 0 || waiting < reading) return;
    waiting = 0;
    const { resolve } = round;
    round = newRound();
    resolve(iterator.next());
  };
  // Not generators: one that nobody has started would not notice that its reader stops.
  const newBranch = (): AsyncIterator<Uint8Array> => {
    let left = false;
    return {
      next: async () => {
        if (left) return { done: true, value: undefined };
        waiting++;
        const { piece } = round;
        advance();
        return piece;
      },
      return: async () => {
        if (!left) reading--;
        left = true;
        if (reading === 0) await iterator.return?.();
        else advance();
        return { done: true, value: undefined };
      },
    };
  };
  return Array.from({ length: count }, () => {
    const branch = newBranch();
    return { [Symbol.asyncIterator]: () => branch };
  });
}

function newRound(): Round {
  let resolve: Round['resolve'] = () => {};
  const piece = new Promise<IteratorResult<Uint8Array>>((done) => {
    resolve = done;
  });
  return { piece, resolve };
}
