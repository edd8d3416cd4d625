import { type Colour, colours } from '../config/names.js';
import { noService } from '../deploy/services.js';
import type { ContainerState, State } from '../deploy/state.js';
import { SlipwayError, UsageError } from '../errors.js';

/** Where a person wants to be. */
export interface Wanted {
  service: string;
  /** Undefined: the live one. */
  colour: Colour | undefined;
  /** Undefined: the first one that runs. */
  replica: number | undefined;
}

/** A container that runs. */
export interface Target {
  container: ContainerState;
  /** Undefined for the base's. */
  colour: Colour | undefined;
}

/**
 * Finds the container that is meant; pure.
 *
 * @throws UsageError for a service, colour or replica that is not there, saying which are
 * @throws SlipwayError when nothing is live, or it does not run
 */
export function targetOf({ base, colours: all, live }: Pick<State, 'base' | 'colours' | 'live'>, wanted: Wanted): Target {
  const { service } = wanted;
  const own = base.filter((container) => container.service === service);
  if (own.length > 0) {
    if (wanted.colour) throw new UsageError(`--colour: ${service} belongs to the base, which has no colour`);
    return { container: replicaOf(own, wanted, 'the base'), colour: undefined };
  }
  const app = colours.flatMap((colour) => all[colour]);
  if (!app.some((container) => container.service === service)) throw noService([service], servicesOf([...base, ...app]));
  const colour = wanted.colour ?? live?.colour;
  if (colour === undefined)
    throw new SlipwayError('no release is live', { hints: [`name a colour: --colour ${colours.join(' or --colour ')}`] });
  const there = all[colour].filter((container) => container.service === service);
  if (there.length === 0) {
    throw new UsageError(`${colour} has no ${service}${wanted.colour ? '' : ', and is live'}`, {
      hints: [`it has: ${servicesOf(all[colour]).join(', ') || 'nothing'}`],
    });
  }
  return { container: replicaOf(there, wanted, colour), colour };
}

function replicaOf(containers: readonly ContainerState[], { service, replica }: Wanted, where: string): ContainerState {
  const sorted = [...containers].sort((a, b) => a.number - b.number);
  const meant = sorted.filter(({ number }) => replica === undefined || number === replica);
  if (meant.length === 0) {
    throw new UsageError(
      `--replica: should be ${sorted.map(({ number }) => number).join(' or ')} of ${service} in ${where}, got ${replica}`,
    );
  }
  const running = meant.find(({ state }) => state === 'running');
  if (running) return running;
  const [first] = meant as [ContainerState];
  throw new SlipwayError(`${first.name} is ${first.state}`, { hints: ['type: npx zx scripts/status.mjs   to see what runs'] });
}

function servicesOf(containers: readonly ContainerState[]): string[] {
  return [...new Set(containers.map(({ service }) => service))].sort();
}
