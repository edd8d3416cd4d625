import { setTimeout as delay } from 'node:timers/promises';
import type { Deck } from '../engine/deck/deck.js';
import type { ProbeResponse } from '../engine/deck/protocol.js';
import { ContainerError } from './containers.js';
import type { ContainerState } from './state.js';

const POLL_MS = 100;
/** One that takes longer for its first answer has taken the connection at least. */
const ANSWER_MS = 2_000;

/**
 * Waits until those containers that have a port and no health check answer there: that they run says only that their program has
 * begun to start.
 *
 * @param network one that the deck and the containers are in
 * @param timeoutMs for all of them
 * @throws ContainerError when one does not listen in time
 */
export async function awaitListening(deck: Deck, containers: readonly ContainerState[], network: string, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  const silent = containers.filter(({ health, port }) => health === undefined && port !== undefined);
  if (silent.length > 0) await deck.join(network);
  await Promise.all(
    silent.map(async ({ name, port, addresses }) => {
      const request = { host: addresses[network] || name, port: port as number, path: '/', timeoutMs: ANSWER_MS };
      for (;;) {
        const answer = await deck.probe(request);
        if (isListening(answer)) return;
        if (performance.now() > deadline) throw new ContainerError(`${name}: nothing listens on port ${port}: ${answer.error}`);
        await delay(POLL_MS);
      }
    }),
  );
}

/** @returns whether a connection was taken, whatever became of it; pure */
export function isListening({ status, error }: ProbeResponse): boolean {
  return status > 0 || !/^connect |ENOTFOUND|EAI_AGAIN/.test(error ?? '');
}
