import { colours } from '../../config/names.js';
import type { Goal } from '../plan.js';
import type { ContainerState, State } from '../state.js';
import type { CutOff } from './cut-off.js';

/** One step of undoing a deploy or a rollback that was cut off before it had moved all the traffic. */
export type PutBackStep =
  /** Take the canary off the edge. */
  | { kind: 'revert' }
  /** Wait until no request is under way that the edge had sent to the other colour. */
  | { kind: 'drained' }
  | { kind: 'start' | 'stop' | 'remove'; containers: readonly ContainerState[] };

/**
 * Plans how what was cut off is undone; pure. Clients first, then singletons and workers: for as long as they run beside those
 * of the live release, a job may be done twice. Then the live release gets back what was taken from it. Web services that
 * clients may still be connected to end after the drain.
 *
 * @param state what is true now
 * @param cutOff what was cut off, and is not what the edge serves
 * @returns the steps, in order; those that would do nothing are left out
 */
export function planPutBack(
  { live, colours: all }: Pick<State, 'live' | 'colours'>,
  cutOff: Pick<CutOff, 'command' | 'release'>,
  retire: Goal['retire'],
): PutBackStep[] {
  const left = colours.filter((colour) => colour !== live?.colour).flatMap((colour) => all[colour]);
  const [begunWeb, begun] = byRole(left.filter(({ release }) => release === cutOff.release));
  const [takenWeb, taken] = byRole(live ? all[live.colour].filter(({ state }) => state === 'created' || state === 'exited') : []);
  const isRollback = cutOff.command === 'rollback';
  const steps: PutBackStep[] = [
    ...(live?.canary ? [{ kind: 'revert' } as const] : []),
    { kind: 'start', containers: takenWeb },
    { kind: 'stop', containers: begun },
    { kind: 'start', containers: taken },
    // Of a release that was to be gone back to, everything is kept; a warm colour stays warm.
    ...(isRollback && retire === 'warm' ? [] : ([{ kind: 'drained' }, { kind: 'stop', containers: begunWeb }] as const)),
    ...(isRollback ? [] : [{ kind: 'remove', containers: [...begunWeb, ...begun] } as const]),
  ];
  return steps.filter((step) => !('containers' in step) || step.kind === 'remove' || step.containers.length > 0);
}

function byRole(containers: readonly ContainerState[]): [web: ContainerState[], others: ContainerState[]] {
  return [containers.filter(({ role }) => role === 'web'), containers.filter(({ role }) => role !== 'web')];
}
