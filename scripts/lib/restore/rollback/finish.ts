import { otherColour } from '../../config/names.js';
import { executeWith } from '../../deploy/executor.js';
import { setMaintenance } from '../../deploy/maintenance/maintenance.js';
import { operationOf, recorded } from '../../deploy/operate.js';
import { quiet } from '../../deploy/quiet-reporter.js';
import { inOrder } from '../../deploy/recovery/cut-off.js';
import { keptOf } from '../../deploy/recovery/kept-of.js';
import type { Context } from '../../deploy/release.js';
import { ofKept } from '../../deploy/releases/of-kept.js';
import type { State } from '../../deploy/state.js';
import { perform } from '../../deploy/steps/index.js';
import { watched } from '../../deploy/watch.js';
import type { Deck } from '../../engine/deck/deck.js';
import { type GateRecord, gateBefore } from '../gate.js';
import { planRest, type RestStep } from './plan.js';
import type { Left, SettleOptions } from './settle.js';

/** `onLetIn`: told when the public is about to be let in. */
export type FinishOptions = SettleOptions & { onLetIn: () => void };

/**
 * Finishes a rollback with data that had cut: the release has the traffic and its data, and what is missing are its workers, the
 * public and the record. When it fails, traffic stays where it is and nobody is let in; the caller knows the way back.
 */
export async function finish(context: Context, deck: Deck, left: Left, options: FinishOptions): Promise<void> {
  const { reporter, onInterrupt, onLetIn } = options;
  const found = await ofKept(context, await keptOf(deck, left), left.colour);
  const before = asBefore(context.before, left);
  const takenUp = { before, token: left.token };
  const operation = operationOf(context, { ...found, command: 'resume', steps: [] }, deck, { reporter, takenUp });
  const gate = gateBefore(deck.journal as readonly GateRecord[], left.token);
  const steps = planRest(before, { version: left.version, services: found.app.services });
  await recorded(operation, { reporter, onInterrupt }, () =>
    watched(operation, onInterrupt, () =>
      executeWith<RestStep>(operation, steps, quiet(reporter), async (_, step, report) => {
        if (step.kind !== 'maintenance-off') return perform(operation, step, report);
        onLetIn();
        await setMaintenance(operation, gate?.before ?? undefined);
        report.commit();
        await deck.append(inOrder(left.token));
        return undefined;
      }),
    ),
  );
}

/** @returns the state as it was just before the cut: what is in the other colour served */
function asBefore(state: State, { colour, token }: Left): State {
  const from = otherColour(colour);
  return { ...state, live: { colour: from, version: state.colours[from][0]?.version ?? 'the release before', token } };
}
