import fc from 'fast-check';
import { type Colour, colours } from '../../../scripts/lib/config/names.js';
import { isAlive } from '../../../scripts/lib/deploy/containers.js';
import type { ContainerState, State } from '../../../scripts/lib/deploy/state.js';
import { containerState, stackState } from '../fixtures.js';

const down = { state: 'exited', health: undefined } as const;

/** @returns a container of the base */
export function ofBase(service: string, rest: Partial<ContainerState> = {}): ContainerState {
  return containerState(service, { name: `shop-${service}-1`, role: undefined, ...rest });
}

/** @returns a container of the app, whose id tells its colour */
export function ofColour(colour: Colour, service: string, role: string, rest: Partial<ContainerState> = {}): ContainerState {
  return containerState(service, { id: `${colour}-${service}`, name: `shop-${colour}-${service}-1`, role, ...rest });
}

/** @returns a whole stack that serves v1 in blue */
export function wholeStack(rest: Partial<ContainerState> = {}): State {
  return {
    ...stackState('blue', [
      ofColour('blue', 'backend', 'web', rest),
      ofColour('blue', 'worker', 'worker', rest),
      ofColour('blue', 'scheduler', 'singleton', rest),
    ]),
    base: ['edge', 'postgres', 'redis', 'cron', 'files'].map((service) => ofBase(service, rest)),
  };
}

/** @returns the same stack after everything was stopped */
export const stoppedStack = () => wholeStack(down);

/** @returns every container of a stack */
export const everything = ({ base, colours: all }: State): ContainerState[] => [...base, ...colours.flatMap((colour) => all[colour])];

/** @returns the state in which some containers, by id, have changed */
export function changed({ base, colours: all, ...rest }: State, ids: readonly string[], to: 'up' | 'down'): State {
  const change = (containers: readonly ContainerState[]) =>
    containers.map((container): ContainerState => {
      if (!ids.includes(container.id)) return container;
      return to === 'down' ? { ...container, ...down } : { ...container, state: 'running', health: 'healthy' };
    });
  return { ...rest, base: change(base), colours: { blue: change(all.blue), green: change(all.green) } };
}

/** @returns the ids of what does something */
export const aliveIn = (state: State): string[] =>
  everything(state)
    .filter(isAlive)
    .map(({ id }) => id);

const condition = fc.constantFrom<Partial<ContainerState>>(
  { state: 'running', health: 'healthy' },
  { state: 'running', health: 'unhealthy' },
  { state: 'running', health: 'starting' },
  { state: 'running', health: undefined },
  { state: 'restarting', health: undefined },
  { state: 'created', health: undefined },
  down,
);

/** Stacks in whatever condition, containers missing included. */
export const anyStack: fc.Arbitrary<State> = fc
  .record({
    live: fc.constantFrom<Colour | undefined>('blue', 'green', undefined),
    base: someOf(['edge', 'postgres', 'redis', 'cron', 'files'].map((service) => ofBase(service))),
    blue: appIn('blue'),
    green: appIn('green'),
  })
  .map(({ live, base, blue, green }) => ({ ...stackState(live), base, colours: { blue, green } }));

function appIn(colour: Colour): fc.Arbitrary<ContainerState[]> {
  const roles = { backend: 'web', frontend: 'web', worker: 'worker', mail: 'worker', scheduler: 'singleton', 'backend-jobs': 'singleton' };
  return someOf(Object.entries(roles).map(([service, role]) => ofColour(colour, service, role)));
}

function someOf(containers: readonly ContainerState[]): fc.Arbitrary<ContainerState[]> {
  return fc
    .tuple(fc.subarray([...containers]), fc.array(condition, { minLength: containers.length, maxLength: containers.length }))
    .map(([some, conditions]) => some.map((container, index) => ({ ...container, ...conditions[index] })));
}
