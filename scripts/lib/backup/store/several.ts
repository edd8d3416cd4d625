import { messageOf, SlipwayError } from '../../errors.js';
import { MissingError, StoreError } from './errors.js';
import { joined } from './joined.js';
import type { Store } from './store.js';
import { tee } from './tee.js';
import { newStop, untilAborted } from './until-aborted.js';

/**
 * Stores one stream in several stores at once; the slowest one sets the pace. When one of them fails, or the stream does,
 * the others stop, and those that have it already give it up again.
 *
 * @throws the first error; what could not be cleaned up after it is among its details
 */
export async function putToAll(
  stores: readonly Store[],
  key: string,
  body: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  const stop = newStop(signal);
  try {
    const branches = tee(untilAborted(body, stop.signal), stores.length);
    const outcomes = await Promise.allSettled(
      branches.map((branch, index) => (stores[index] as Store).put(key, branch, stop.signal).catch(stopped)),
    );
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason as unknown);
    if (failures.length === 0) return;
    const having = stores.filter((_, index) => outcomes[index]?.status === 'fulfilled');
    throw joined(stop.signal.reason, [
      ...failures.flatMap((failure) => addedBy(failure, stop.signal.reason)),
      ...(await takeBack(having, key)),
    ]);
  } finally {
    stop.done();
  }

  function stopped(error: unknown): never {
    stop.because(error);
    throw error;
  }
}

/** @returns what another store's error says that the first one does not */
function addedBy(failure: unknown, first: unknown): string[] {
  if (failure === first) return [];
  if (!(failure instanceof SlipwayError)) return [messageOf(failure)];
  // It failed because of the first error, and something else went wrong on the way out.
  if (failure.cause === first)
    return failure.details.filter((detail) => !(first instanceof SlipwayError && first.details.includes(detail)));
  return [failure.message, ...failure.details];
}

/** @returns what could not be removed */
async function takeBack(stores: readonly Store[], key: string): Promise<string[]> {
  const outcomes = await Promise.allSettled(stores.map((store) => store.remove([key])));
  return outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected' ? [`${stores[index]?.name} keeps ${key}: ${messageOf(outcome.reason)}`] : [],
  );
}

/**
 * Reads an object from the first store that has it. A store that fails before its first byte is passed over; after that,
 * its error is the stream's.
 *
 * @param stores the cheapest to read from first
 * @throws MissingError when none of them has it
 * @throws StoreError with what each of them said
 */
export async function* getFromAny(stores: readonly Store[], key: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const failures: unknown[] = [];
  for (const store of stores) {
    const stream = store.get(key, signal)[Symbol.asyncIterator]();
    let next: IteratorResult<Uint8Array>;
    try {
      next = await stream.next();
    } catch (error) {
      signal?.throwIfAborted();
      failures.push(error);
      continue;
    }
    try {
      for (; !next.done; next = await stream.next()) yield next.value;
    } finally {
      await stream.return?.();
    }
    return;
  }
  if (failures.length === 1) throw failures[0];
  if (failures.every((failure) => failure instanceof MissingError)) throw new MissingError(`no store has ${key}`);
  const hints = failures.flatMap((failure) => (failure instanceof SlipwayError ? failure.hints : []));
  throw new StoreError(`no store gives ${key}`, { details: failures.map(messageOf), hints: [...new Set(hints)] });
}
