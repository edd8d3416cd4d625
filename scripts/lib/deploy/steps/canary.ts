import type { EdgeTarget } from '../../edge/target.js';
import { SlipwayError } from '../../errors.js';
import { edgeOf, type Operation, type StepReport } from '../operation.js';
import type { StepOf } from '../plan.js';
import { passBeforeClients } from './check.js';
import { moved } from './cut.js';
import { edgeSet } from './stage.js';
import { awaitSet } from './verify.js';

/**
 * Sends a share of the clients to the new colour; the others stay where they are. Whoever was sent there before stays
 * there. The way back takes the release off the edge altogether.
 */
export async function canary(operation: Operation, step: StepOf<'canary'>, { undo, progress }: StepReport): Promise<string> {
  const { deck } = operation;
  const edge = await edgeOf(operation);
  undo(
    `send all clients to ${step.from} again`,
    async () => {
      if ((await edge.live())?.canary?.token === deck.token) moved(operation, await edge.revert(deck.token));
    },
    'traffic',
  );
  moved(operation, await edge.cut(deck.token, edgeSet('live', operation, target(operation, step))));
  await awaitSet(operation, (live) => live.canary?.token === deck.token && live.canary.share === step.share);
  const { checks } = await passBeforeClients(operation, edge, progress, { pinned: true });
  return `${checks} checks`;
}

/** The old colour serves as before: under the token of its own cut. */
function target({ before, liveServices, identity, app, deck, assets }: Operation, { share }: StepOf<'canary'>): EdgeTarget {
  const { live } = before;
  if (!live || liveServices.length === 0) throw new SlipwayError('nothing is known of the live release');
  const { colour, version } = identity;
  return {
    colour: live.colour,
    version: live.version,
    token: live.token,
    services: liveServices,
    // Those of the live release are among the kept ones, and are found there.
    assets,
    canary: { colour, version, token: deck.token, services: app.services, share },
  };
}
