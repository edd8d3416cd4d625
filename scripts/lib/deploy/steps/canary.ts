import { renderEdge } from '../../edge/render.js';
import type { EdgeTarget } from '../../edge/target.js';
import { SlipwayError } from '../../errors.js';
import { edgeOf, type Operation, type StepReport } from '../operation.js';
import type { StepOf } from '../plan.js';
import { passAll } from './check.js';
import { moved } from './cut.js';
import { certificateOf } from './stage.js';
import { awaitSet } from './verify.js';

/**
 * Sends a share of the clients to the new colour; the others stay where they are. Whoever was sent there before stays
 * there. The way back takes the release off the edge altogether.
 */
export async function canary(operation: Operation, step: StepOf<'canary'>, { undo, progress }: StepReport): Promise<string> {
  const { deck, config } = operation;
  const edge = await edgeOf(operation);
  undo(
    `send all clients to ${step.from} again`,
    async () => {
      if ((await edge.live())?.canary?.token === deck.token) moved(operation, await edge.revert(deck.token));
    },
    'traffic',
  );
  const { TLS_CERT_FILE, TLS_KEY_FILE } = config.settings;
  const set = renderEdge('live', target(operation, step), config.settings, certificateOf(TLS_CERT_FILE, TLS_KEY_FILE));
  moved(operation, await edge.cut(deck.token, set));
  await awaitSet(operation, (live) => live.canary?.token === deck.token && live.canary.share === step.share);
  const closed = (await edge.maintenance()) !== undefined;
  const checks = await passAll(operation, closed ? 'inside' : 'public', progress, { once: true, pinned: true });
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
