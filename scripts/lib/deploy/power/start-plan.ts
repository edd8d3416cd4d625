import { type Colour, otherColour } from '../../config/names.js';
import type { LiveSet } from '../../edge/live.js';
import { UsageError } from '../../errors.js';
import { ASIDE } from '../base/up.js';
import { isAlive, isReady } from '../containers.js';
import type { ContainerState, State } from '../state.js';
import { STORES, servicesOf } from './stop-plan.js';

/** One step of starting a stack, as data: what `--dry-run` prints. */
export type StartStep = { id: string; title: string } & (
  | { kind: 'base-up' }
  | { kind: 'stop'; containers: readonly ContainerState[] }
  /** Those that run already are waited for as well. */
  | { kind: 'start'; where: Colour | 'base'; containers: readonly ContainerState[]; until: 'healthy' | 'started' }
  | { kind: 'answer'; token: number }
);

/**
 * Plans how a stack is started again: whatever others use is healthy before them; pure. It is the order of stopping, the
 * other way round: the edge comes after the web services, so that nobody is sent an error page meanwhile.
 *
 * Only containers that are there are started; of the base, those that are missing are made. The idle colour is left as it
 * is, but for its singletons, which must not run beside those of the live one: after a stop, a warm colour stays down.
 *
 * @returns no step when all of it runs
 * @throws UsageError when no release has containers that could be started
 */
export function planStart(state: Pick<State, 'base' | 'colours' | 'live'>): StartStep[] {
  const { colour, version, token } = startable(state);
  const of = (belongs: (role: string | undefined) => boolean) => state.colours[colour].filter(({ role }) => belongs(role));
  const web = of((role) => role === 'web');
  const singletons = of((role) => role === 'singleton');
  const workers = of((role) => role !== 'web' && role !== 'singleton');
  const edge = state.base.filter(({ service }) => service === 'edge');

  const serving = [...startBase(state.base), start('web', colour, web), begin('edge', edge)];
  const answer: StartStep = { id: 'answer', title: `wait until the edge serves ${version}`, kind: 'answer', token };
  return [
    ...serving,
    serving.some((step) => step !== undefined) || !edge.every(isReady) ? answer : undefined,
    start('workers', colour, workers),
    stopRivals(state.colours[otherColour(colour)], otherColour(colour)),
    start('singletons', colour, singletons),
  ].filter((step) => step !== undefined);
}

/** @returns what is to be live; there are containers of it */
function startable({ live, colours }: Pick<State, 'colours' | 'live'>): LiveSet {
  if (!live) throw new UsageError('there is no release to be started', { hints: ['deploy one: npx zx scripts/deploy.mjs <version>'] });
  if (colours[live.colour].length > 0) return live;
  throw new UsageError(`${live.version} (${live.colour}) was live, and its containers are gone`, {
    hints: [`deploy it once more: npx zx scripts/deploy.mjs ${live.version}`],
  });
}

/** The base but for the edge. Where a container of it is missing, Compose makes it, and starts all of the base. */
function startBase(base: readonly ContainerState[]): (StartStep | undefined)[] {
  const missing = [...STORES, ...ASIDE].filter((name) => !base.some(({ service }) => service === name));
  if (missing.length > 0) return [{ id: 'base-up', title: `have the base up: there is no ${missing.join(', no ')}`, kind: 'base-up' }];
  const of = (services: readonly string[]) => base.filter(({ service }) => services.includes(service));
  return [start('stores', 'base', of(STORES)), begin('aside', of(ASIDE))];
}

function stopRivals(idle: readonly ContainerState[], colour: Colour): StartStep | undefined {
  const rivals = idle.filter((container) => container.role === 'singleton' && isAlive(container));
  if (rivals.length === 0) return undefined;
  return { id: 'rivals', title: `stop ${servicesOf(rivals)} in ${colour}`, kind: 'stop', containers: rivals };
}

/** Starts containers and waits until they are healthy; those that run and are not healthy are waited for. */
function start(id: string, where: Colour | 'base', containers: readonly ContainerState[]): StartStep | undefined {
  const late = containers.filter((container) => !isReady(container));
  if (late.length === 0) return undefined;
  const title = `${late.every(isAlive) ? 'wait for' : 'start'} ${servicesOf(late)}${where === 'base' ? '' : ` in ${where}`}`;
  return { id, title, kind: 'start', where, containers: late, until: 'healthy' };
}

/** Starts containers of the base; what they then say of themselves is looked at elsewhere. */
function begin(id: string, containers: readonly ContainerState[]): StartStep | undefined {
  const down = containers.filter((container) => !isAlive(container));
  if (down.length === 0) return undefined;
  return { id, title: `start ${servicesOf(down)}`, kind: 'start', where: 'base', containers: down, until: 'started' };
}
