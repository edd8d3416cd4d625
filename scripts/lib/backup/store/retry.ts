import { setTimeout as wait } from 'node:timers/promises';

/** How long to go on with something that may work later. */
export interface Patience {
  /** How often to try, the first time included. */
  attempts: number;
  /** The pause after the first failure (milliseconds); each further one is twice as long. */
  firstPause: number;
  longestPause: number;
}

/** Half a minute of failing in all: a provider that is restarted is back by then. */
export const patient: Patience = { attempts: 8, firstPause: 250, longestPause: 20_000 };

/**
 * Does something again for as long as it fails in a way that may pass.
 *
 * @param mayPass whether an error is worth another try
 * @throws the last error; the signal's reason when that aborts
 */
export async function retrying<T>(
  action: () => Promise<T>,
  mayPass: (error: unknown) => boolean,
  patience: Patience,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt >= patience.attempts || !mayPass(error)) throw error;
    }
    await pause(attempt, patience, signal);
  }
}

/** Waits after a failed attempt: from half the pause to all of it, so that clients that failed together do not come back together. */
export async function pause(attempt: number, { firstPause, longestPause }: Patience, signal: AbortSignal | undefined): Promise<void> {
  const longest = Math.min(firstPause * 2 ** (attempt - 1), longestPause);
  try {
    await wait(longest * (0.5 + Math.random() / 2), undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
