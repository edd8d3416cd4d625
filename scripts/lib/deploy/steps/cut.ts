import type { Switched } from '../../edge/edge.js';
import { edgeOf, type Operation, type StepReport } from '../operation.js';
import type { StepOf } from '../plan.js';
import { edgeSet } from './stage.js';

/** Moves new traffic to the new colour, in one rename and one signal. */
export async function cut(operation: Operation, step: StepOf<'cut'>, { undo }: StepReport): Promise<undefined> {
  const { deck } = operation;
  const edge = await edgeOf(operation);
  const before = await edge.live();
  const moved = ({ drained }: Switched) => {
    // Whoever awaits the drain gets its error; until then it must not count as unhandled.
    drained.catch(() => {});
    operation.drained = drained;
  };
  const back = async () => {
    // The script may have refused: then there is nothing to go back from.
    if ((await edge.live())?.token !== deck.token || before?.token === deck.token) return;
    moved(await edge.revert(deck.token));
  };
  undo(step.from ? `cut back to ${step.from}` : 'take the release off the edge', back, 'traffic');
  moved(await edge.cut(deck.token, edgeSet('live', operation)));
  return undefined;
}
