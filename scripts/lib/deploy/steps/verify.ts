import { setTimeout as delay } from 'node:timers/promises';
import { type LiveSet, parseSet } from '../../edge/live.js';
import { edgePorts } from '../../edge/target.js';
import { SlipwayError } from '../../errors.js';
import { edgeOf, type Operation, type StepReport } from '../operation.js';
import { passBeforeClients } from './check.js';

/**
 * After a reload returned, a few fresh requests can still be answered by old workers (measured), so only several in a
 * row on connections of their own count.
 */
const IN_A_ROW = 10;
const WITHIN_MS = 10_000;

/**
 * Verifies that every fresh connection is served by the new set, then passes the checks through the public port; during
 * maintenance, which goes on, through the port that only the stack's network reaches. The staging port has done its work by
 * then.
 */
export async function verify(operation: Operation, { progress }: StepReport): Promise<string> {
  await awaitSet(operation, ({ token, canary }) => token === operation.servedToken && canary === undefined);
  const edge = await edgeOf(operation);
  operation.unstaged = edge.unstage(operation.deck.token);
  // The last step awaits it and gets its error; until then it must not count as unhandled.
  operation.unstaged.catch(() => {});
  const { checks, closed } = await passBeforeClients(operation, edge, progress);
  return `${IN_A_ROW} fresh connections in a row, ${checks} checks${closed ? '; maintenance stays on' : ''}`;
}

/**
 * Waits until every fresh connection meets a worker that serves the new set.
 *
 * @throws SlipwayError saying what is served instead
 */
export async function awaitSet({ deck, signal }: Operation, isNew: (live: LiveSet) => boolean): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  const request = { host: 'edge', port: edgePorts.private, path: '/live', timeoutMs: 2_000 };
  for (let inARow = 0; inARow < IN_A_ROW; ) {
    signal.throwIfAborted();
    const { status, body, error } = await deck.probe(request);
    const served = status === 200 ? parseSet(body) : undefined;
    inARow = served && isNew(served) ? inARow + 1 : 0;
    if (inARow === 0) {
      if (performance.now() > deadline)
        throw new SlipwayError(`the edge does not serve the new set: ${error ?? `answered ${status} ${body.trim()}`}`);
      await delay(20);
    }
  }
}
