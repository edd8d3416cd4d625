import type { Deck } from '../engine/deck/deck.js';
import { operator } from '../engine/deck/holder.js';
import { exitCodes, messageOf, SlipwayError } from '../errors.js';

/**
 * Writes the operation's beginning and end to the journal.
 *
 * @param command `restore`, `undo` or `forget`
 * @param what the set, or the restore that it is about
 */
export async function journaled<T>(deck: Deck, command: string, what: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const common = { token: deck.token, command, version: what };
  await deck.append({ at: new Date().toISOString(), kind: 'began', ...common, by: operator() });
  const end = (outcome: string, reason?: string) =>
    deck.append({ at: new Date().toISOString(), kind: 'ended', ...common, outcome, reason, ms: Math.round(performance.now() - began) });
  try {
    const result = await work();
    await end('done');
    return result;
  } catch (error) {
    // The deck may be what was lost; the first error is the one to tell.
    const interrupted = error instanceof SlipwayError && error.exitCode === exitCodes.interrupted;
    await end(interrupted ? 'interrupted' : 'failed', messageOf(error)).catch(() => {});
    throw error;
  }
}
