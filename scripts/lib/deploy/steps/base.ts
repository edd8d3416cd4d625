import { SlipwayError } from '../../errors.js';
import { baseDrift, baseProject } from '../base/project.js';
import { ensureVolume, startBase } from '../base/up.js';
import { removeAbandonedRuns } from '../containers.js';
import type { Operation, StepReport } from '../operation.js';
import { observe } from '../state.js';

/**
 * Has the edge, Postgres, Redis and the cron container up. Containers that are there are never recreated here; where they
 * differ from the files, that is reported.
 */
export async function haveBaseUp(operation: Operation, { progress }: StepReport): Promise<string> {
  const { config, compose, docker, deck, before, volumes, files, signal } = operation;
  const [missing] = await Promise.all([
    startBase({ config, docker, compose, deck, base: before.base, files, signal, progress }),
    removeAbandonedRuns(docker, config.names),
  ]);
  await Promise.all([deck.join(config.names.networks.app), ...volumes.map((volume) => ensureVolume(docker, config, volume))]);
  if (missing.includes('edge')) await refuseOtherColour(operation);
  if (missing.length > 0) return `started ${missing.join(', ')}`;
  operation.drift = baseDrift(compose, await baseProject(config, docker, files), before.base);
  // Whoever awaits it gets its error; until then it must not count as unhandled.
  operation.drift.catch(() => {});
  return 'it runs';
}

/** An edge that was away brings back what it served: a plan that was made without it may be for the very colour that serves. */
async function refuseOtherColour({ docker, config, before }: Operation): Promise<void> {
  const { live, colours } = await observe(docker, config.names);
  if (live?.token === before.live?.token) return;
  // Of a stack that was removed but for its volumes, nothing serves.
  if (live && colours[live.colour].length === 0) return;
  throw new SlipwayError(`the edge was away; now it serves ${live?.version} (${live?.colour}) again`, {
    hints: ['type the command again'],
  });
}
