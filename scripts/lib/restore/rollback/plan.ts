import type { RestoreFacts, RestoreRequest } from '../../backup/sidecar/restore-results.js';
import type { AppService } from '../../config/app-model.js';
import type { Colour } from '../../config/names.js';
import { isAlive } from '../../deploy/containers.js';
import { type Step as DeployStep, idleColour, migration, planDeploy, type TakingBack } from '../../deploy/plan.js';
import type { Contract } from '../../deploy/releases/contracts.js';
import type { State } from '../../deploy/state.js';
import { UsageError } from '../../errors.js';
import { maintenanceOff, maintenanceOn, planRestore, type Step as RestoreStep } from '../plan.js';
import type { Question } from './fits.js';

/** One step of going back together with the data, as data: those of a rollback, those of a restore, and what joins them. */
export type Step = DeployStep | RestoreStep | JoiningStep;

export type JoiningStep = { id: string; title: string; beside?: true } & (
  | { kind: 'stop-behind'; colour: Colour }
  | { kind: 'stop-all' }
  | ({ kind: 'ask' } & Question)
);

/** What is to be reached. */
export interface Goal {
  version: string;
  services: readonly AppService[];
  facts: RestoreFacts;
  request: RestoreRequest;
  /** Whether what is replaced is backed up first. */
  safetySet: boolean;
  /** What the older release cannot live with. */
  contracts: readonly Contract[];
  /** Migrations that it had and that are noted as gone. */
  gone: readonly TakingBack[];
  /** Whether the live release can be asked which migrations data lack. */
  canAsk: boolean;
  /** Whether the set is from before the older release, whose own migrations it then lacks. */
  migrates: boolean;
}

/**
 * Plans how an older release goes live together with older data; pure.
 *
 * What takes time is done beside what is live. Then nothing of the app runs, and nobody of the public is let in, until the older
 * release has passed its checks on the older data: no release ever meets data that it cannot live with. Letting the public in
 * is the last thing that can be taken back, so there are never new rows on what would be taken away.
 */
export function planBack(state: State, goal: Goal): Step[] {
  const { facts, request, safetySet } = goal;
  const restore = planRestore(facts, { request, file: undefined, safetySet, isLive: true }).steps;
  const [closes, opens] = [restore.indexOf(maintenanceOn), restore.indexOf(maintenanceOff)];
  if (closes < 0) throw new UsageError(`the set ${facts.set?.id} has no database that could take a live one's place`);
  const release = planDeploy(state, { how: 'rollback', version: goal.version, services: goal.services, retire: 'stop', backup: false });
  const of = (...kinds: DeployStep['kind'][]) => release.filter(({ kind }) => kinds.includes(kind));
  const rest = ['base', 'record', 'drain', 'retire'];
  return [
    ...of('base'),
    ...restore.slice(0, closes),
    ...stopBehind(state),
    maintenanceOn,
    { id: 'stop-all', title: `stop ${state.live?.colour}, and whatever runs in ${idleColour(state)}`, kind: 'stop-all' },
    ...restore.slice(closes + 1, opens),
    ...askStep(goal),
    ...(goal.migrates ? goal.services.flatMap((service) => migration(service, idleColour(state)) ?? []) : []),
    // The replaced release is stopped by then, and nobody of the public is connected: there is nothing to drain or to retire.
    ...release.filter(({ kind }) => !rest.includes(kind)),
    maintenanceOff,
    ...of('record'),
  ];
}

/** What is left to do of going back that was cut off after the cut. */
export type RestStep = DeployStep | typeof maintenanceOff;

/**
 * Plans the rest of going back that was cut off after the cut; pure. What it replaced is stopped, and is not started again when
 * the rest fails before it has got its data back: so its way back is not that of a release that still has its data.
 *
 * @param state as it was just before the cut
 */
export function planRest(state: State, { version, services }: Pick<Goal, 'version' | 'services'>): RestStep[] {
  const release = planDeploy(state, { how: 'resume', version, services, retire: 'stop', backup: false });
  return release.flatMap((step): RestStep[] => {
    if (step.kind === 'drain' || step.kind === 'retire') return [];
    if (step.kind === 'take-up') return [{ ...step, from: undefined }];
    return step.kind === 'record' ? [maintenanceOff, step] : [step];
  });
}

/** Jobs end while the public is still served: what they would have done next waits in their queue. */
function stopBehind({ live, colours }: State): JoiningStep[] {
  if (!live) return [];
  const behind = colours[live.colour].filter((container) => container.role !== 'web' && isAlive(container));
  if (behind.length === 0) return [];
  const names = [...new Set(behind.map(({ service }) => service))].join(', ');
  return [{ id: 'stop-behind', title: `stop ${names} in ${live.colour}`, kind: 'stop-behind', colour: live.colour }];
}

function askStep({ canAsk, version, contracts, gone, facts }: Goal): JoiningStep[] {
  if (!canAsk && gone.length === 0) return [];
  const question: Question = { contracts, gone, began: facts.set?.began ?? '' };
  return [{ id: 'ask', title: `ask whether ${version} can live with the data of the set`, kind: 'ask', ...question }];
}
