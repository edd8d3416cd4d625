import { messageOf } from '../../errors.js';
import { edgeOf, type Operation } from '../operation.js';

/**
 * Has the edge forget the assets of all releases but these. It is called when a release is live already, so a failure is told
 * and fails nothing.
 */
export async function forgetAssets(operation: Operation, retained: readonly string[]): Promise<void> {
  try {
    await (await edgeOf(operation)).retainAssets(operation.deck.token, retained);
  } catch (error) {
    operation.warn(`the assets of old releases could not be put away: ${messageOf(error)}`);
  }
}
