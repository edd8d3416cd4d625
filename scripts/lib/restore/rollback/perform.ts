import { isAlive, stopContainers } from '../../deploy/containers.js';
import type { Perform } from '../../deploy/executor.js';
import { maintenanceOn } from '../../deploy/maintenance/maintenance.js';
import type { Operation as Release, StepReport } from '../../deploy/operation.js';
import { inOrder } from '../../deploy/recovery/cut-off.js';
import { type ContainerState, containersOf } from '../../deploy/state.js';
import { perform as performRelease } from '../../deploy/steps/index.js';
import { stopOnDeath } from '../../deploy/watch.js';
import { closeGate, openGate } from '../gate.js';
import type { Operation as Restore } from '../operation.js';
import { perform as performRestore } from '../perform.js';
import { assertFits } from './fits.js';
import type { Step } from './plan.js';
import type { Parts } from './way-back.js';

/** One running rollback that brings its data along. */
export interface Going {
  data: Restore;
  parts: Parts;
  /** What was stopped in the colour that the older release goes to. */
  beside: ContainerState[];
  /** Stops watching the older release's containers; set once nothing runs there that is to be stopped. */
  stopWatching: () => void;
}

/** @returns how each step is done: by the rollback, by the restore, or here where they meet */
export function performer(going: Going): Perform<Step> {
  const { data, parts } = going;
  const offered = new Set<keyof Parts>();
  return async (release, step, report) => {
    const { progress, undo } = report;
    const offer = (part: keyof Parts) => {
      if (!offered.has(part)) undo(parts[part].title, parts[part].action);
      offered.add(part);
    };
    switch (step.kind) {
      case 'mount':
      case 'upload':
        return performRestore(data, step, progress);
      case 'sidecar':
        offer(step.step.kind === 'swap-postgres' ? 'data' : 'away');
        return performRestore(data, step, progress);
      case 'stop-behind':
        offer('workers');
        return stop(release, (container, colour) => colour === step.colour && container.role !== 'web');
      case 'maintenance-on':
        offer('public');
        return closeGate(data, progress, { allow: [] });
      case 'stop-all':
        offer('web');
        return stopAll(release, going);
      case 'ask':
        return assertFits(release, step, report);
      case 'maintenance-off':
        return letIn(release, data, report);
      case 'start-web':
        return performRelease(release, step, {
          ...report,
          undo: (title, action, concerns) => undo(title, undrained(release, action), concerns),
        });
      default:
        return performRelease(release, step, report);
    }
  };
}

async function stop({ docker, config }: Release, belongs: (container: ContainerState, colour: string) => boolean): Promise<string> {
  const { colours } = await containersOf(docker, config.names);
  const all = Object.entries(colours).flatMap(([colour, containers]) => containers.filter((container) => belongs(container, colour)));
  const alive = all.filter(isAlive);
  await stopContainers(docker, alive);
  return `${alive.length} containers`;
}

/** A colour that was kept warm has run on the data that are replaced: it starts anew on those that replace them. */
async function stopAll(release: Release, going: Going): Promise<string> {
  const { docker, config, identity } = release;
  going.beside.push(...(await containersOf(docker, config.names)).colours[identity.colour].filter(isAlive));
  const stopped = await stop(release, () => true);
  going.stopWatching = await stopOnDeath(release);
  return stopped;
}

/** From here on there may be new rows, so nothing is taken back. */
async function letIn({ deck }: Release, data: Restore, { undo, commit }: StepReport): Promise<string | undefined> {
  undo('turn the public away again', () => maintenanceOn(data, { allow: [] }).then(() => {}), 'traffic');
  const detail = await openGate(data);
  commit();
  await deck.append(inOrder(deck.token));
  return detail;
}

/** Nobody of the public is connected, so no request has to end before a container may go. */
function undrained(release: Release, action: () => Promise<void>): () => Promise<void> {
  return () => {
    release.drained = Promise.resolve();
    return action();
  };
}
