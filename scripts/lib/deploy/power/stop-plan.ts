import { type Colour, colours, otherColour } from '../../config/names.js';
import { isAlive } from '../containers.js';
import type { ContainerState, State } from '../state.js';
import type { Belongings, Named } from './remove-stack.js';

/** What is to be removed once everything is stopped. */
export interface Removal extends Pick<Belongings, 'containers' | 'networks' | 'volumes'> {
  /** Volumes that whoever holds the lock has mounted: they can only go after it. */
  held: readonly string[];
}

/** One step of stopping a stack, as data: what `--dry-run` prints. */
export type StopStep = { id: string; title: string } & (
  | { kind: 'stop'; containers: readonly ContainerState[] }
  | { kind: 'remove-containers'; containers: readonly Named[] }
  | { kind: 'remove-networks'; networks: readonly Named[] }
  | { kind: 'remove-volumes'; volumes: readonly string[] }
  | { kind: 'remove-held'; volumes: readonly string[] }
);

/** What the rest works with, so it goes last. */
export const STORES: readonly string[] = ['postgres', 'redis'];

/**
 * Plans how a stack is stopped: whatever uses something ends before it; pure.
 *
 * Jobs end first, while all that they may need still runs. Then the edge, before the web services: nginx quits when the
 * requests in flight have been answered, and new clients find nobody listening, which they know from any server that is
 * down. The other way round they would be sent error pages.
 *
 * @param removal undefined: the containers are kept
 * @returns no step when nothing runs and nothing is to be removed
 */
export function planStop({ base, colours: all, live }: Pick<State, 'base' | 'colours' | 'live'>, removal?: Removal): StopStep[] {
  const serving: Colour = live?.colour ?? colours[0];
  const idle = otherColour(serving);
  const web = (colour: Colour) => all[colour].filter(({ role }) => role === 'web');
  const behind = (colour: Colour) => all[colour].filter(({ role }) => role !== 'web');
  const ofBase = (belongs: (service: string) => boolean) => base.filter(({ service }) => belongs(service));
  const edge = ofBase((service) => service === 'edge');
  const stores = ofBase((service) => STORES.includes(service));
  const aside = ofBase((service) => service !== 'edge' && !STORES.includes(service));
  return [
    stop(`workers-${serving}`, behind(serving), serving),
    stop(`workers-${idle}`, behind(idle), idle),
    stop(`web-${idle}`, web(idle), idle),
    stop('edge', edge),
    stop(`web-${serving}`, web(serving), serving),
    stop('aside', aside),
    stop('stores', stores),
    ...(removal ? removals(removal) : []),
  ].filter((step) => step !== undefined);
}

function stop(id: string, containers: readonly ContainerState[], colour?: Colour): StopStep | undefined {
  const alive = containers.filter(isAlive);
  if (alive.length === 0) return undefined;
  return { id, title: `stop ${servicesOf(alive)}${colour ? ` in ${colour}` : ''}`, kind: 'stop', containers: alive };
}

function removals({ containers, networks, volumes, held }: Removal): (StopStep | undefined)[] {
  const list = networks.map(({ name }) => name).join(', ');
  const whole = `give the lock back, and remove the ${count(held.length, 'volume')} that it holds`;
  return [
    containers.length > 0
      ? { id: 'remove-containers', title: `remove ${count(containers.length, 'container')}`, kind: 'remove-containers', containers }
      : undefined,
    networks.length > 0 ? { id: 'remove-networks', title: `remove the networks ${list}`, kind: 'remove-networks', networks } : undefined,
    volumes.length > 0
      ? { id: 'remove-volumes', title: `remove ${count(volumes.length, 'volume')}`, kind: 'remove-volumes', volumes }
      : undefined,
    held.length > 0 ? { id: 'remove-held', title: whole, kind: 'remove-held', volumes: held } : undefined,
  ];
}

/** @returns each service once, as a list for a person */
export function servicesOf(containers: readonly Pick<ContainerState, 'service'>[]): string {
  return [...new Set(containers.map(({ service }) => service))].sort().join(', ');
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
