import type { Operation, StepReport } from '../operation.js';

/** Waits until no connection is left on the old colour: the edge's old workers are gone, at the latest after DRAIN_TIMEOUT. */
export async function drain({ drained, config, signal }: Operation, { progress }: StepReport): Promise<undefined> {
  const limit = Math.round(config.settings.DRAIN_TIMEOUT / 1_000);
  const began = performance.now();
  const ticking = setInterval(() => progress(`${Math.round((performance.now() - began) / 1_000)} s of at most ${limit} s`), 1_000);
  try {
    await Promise.race([drained, aborted(signal)]);
  } finally {
    clearInterval(ticking);
  }
  return undefined;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
