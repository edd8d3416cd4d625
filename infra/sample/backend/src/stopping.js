// The one place that hears signals: everything else looks at `stopping`.
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { log, reason } from './log.js';

const controller = new AbortController();

/** Aborts at the first SIGTERM or SIGINT; later ones change nothing. */
export const stopping = controller.signal;
setMaxListeners(0, stopping); // every open stream listens

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    if (stopping.aborted) return;
    log.info('stopping', { signal });
    controller.abort();
  });
}

// Without this the last words would be a stack trace over many lines instead of one log line.
process.on('uncaughtException', (error) => {
  log.error('crashed', { reason: reason(error), stack: error?.stack });
  process.exit(1);
});

/** Waits, but not longer than until the stop. */
export async function pause(ms) {
  await sleep(ms, undefined, { signal: stopping }).catch(() => {});
}
