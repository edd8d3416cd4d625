import type { OnInterrupt } from '../deploy/watch.js';
import { exitCodes, SlipwayError } from '../errors.js';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Calls back on the first Ctrl-C or polite end signal. Further ones are heard and ignored: undoing goes on, and a kill -9
 * is left for whoever cannot wait.
 *
 * @returns stops listening
 */
export function onInterrupt(stop: () => void): () => void {
  const listener = () => stop();
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

/** Ctrl-C came while a command was still getting ready. The process has to be ended: its work has not. */
export class InterruptedEarlyError extends SlipwayError {
  constructor() {
    super('interrupted before it had begun', { exitCode: exitCodes.interrupted });
  }
}

/**
 * Does work that Ctrl-C may end at any time until it listens itself: what it holds by then (the lock) goes with the process.
 * From then on the signal belongs to the work. One that comes while nobody listens, between two of its parts, is kept for
 * the next who does.
 *
 * @throws InterruptedEarlyError
 */
export async function interruptible<T>(work: (onInterrupt: OnInterrupt) => Promise<T>): Promise<T> {
  const listeners = new Set<() => void>();
  let [hasBegun, isKept] = [false, false];
  let endEarly = () => {};
  const early = new Promise<never>((_, reject) => {
    endEarly = () => reject(new InterruptedEarlyError());
  });
  const stopListening = onInterrupt(() => {
    if (!hasBegun) return endEarly();
    isKept = listeners.size === 0;
    for (const listener of [...listeners]) listener();
  });
  const listen: OnInterrupt = (stop) => {
    hasBegun = true;
    const listener = () => stop();
    listeners.add(listener);
    if (isKept) listener();
    isKept = false;
    return () => void listeners.delete(listener);
  };
  try {
    return await Promise.race([work(listen), early]);
  } finally {
    stopListening();
  }
}
