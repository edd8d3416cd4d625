import type { Colour } from '../../config/names.js';
import type { Switched } from '../../edge/edge.js';
import { awaitHealthy, isAlive, startContainers } from '../containers.js';
import { awaitListening } from '../listening.js';
import { edgeOf, type Operation, type StepReport } from '../operation.js';
import type { StepOf } from '../plan.js';
import { type ContainerState, containersOf } from '../state.js';
import { edgeSet } from './stage.js';

/** Moves new traffic to the new colour, in one rename and one signal. */
export async function cut(operation: Operation, step: StepOf<'cut'>, report: StepReport): Promise<undefined> {
  const { deck } = operation;
  const edge = await edgeOf(operation);
  const before = await edge.live();
  // The script may have refused: then there is nothing to go back from.
  offerWayBack(operation, step, report, async () => (await edge.live())?.token === deck.token && before?.token !== deck.token);
  moved(operation, await edge.cut(deck.token, edgeSet('live', operation)));
  return undefined;
}

/**
 * Takes up an operation that had cut when its deployer was killed. From here on it can be gone back from like any other:
 * what it had stopped by then is started before traffic goes there.
 */
export async function takeUp(operation: Operation, step: StepOf<'take-up'>, report: StepReport): Promise<undefined> {
  const { servedToken, config, docker } = operation;
  const edge = await edgeOf(operation);
  offerWayBack(operation, step, report, async () => {
    if (step.from === undefined || (await edge.live())?.token !== servedToken) return false;
    await startWebOf(operation, step.from);
    return true;
  });
  const { colours } = await containersOf(docker, config.names);
  await startContainers(
    docker,
    colours[step.to].filter((container) => container.role === 'web' && !isAlive(container)),
  );
  moved(operation, { drained: edge.drained(config.settings.DRAIN_TIMEOUT) });
  return undefined;
}

/**
 * Starts the web services of a colour, as its containers are, and waits until they are healthy, or at least listen.
 *
 * @param beside what is started at the same time, and not waited for
 */
export async function startWebOf(
  operation: Pick<Operation, 'docker' | 'config' | 'deck'>,
  colour: Colour,
  beside: readonly ContainerState[] = [],
): Promise<void> {
  const { docker, config } = operation;
  const web = (await containersOf(docker, config.names)).colours[colour].filter(({ role }) => role === 'web');
  await startContainers(docker, [...web.filter((container) => !isAlive(container)), ...beside]);
  await awaitReady(operation, colour, web);
}

/** Waits until containers of web services, which were started, can be sent clients. */
export async function awaitReady(
  { docker, config, deck }: Pick<Operation, 'docker' | 'config' | 'deck'>,
  colour: Colour,
  web: readonly ContainerState[],
): Promise<void> {
  const { names, settings } = config;
  await awaitHealthy(docker, names, colour, {
    services: [...new Set(web.map(({ service }) => service))],
    replicas: (name) => web.filter(({ service }) => service === name).length,
    timeoutMs: settings.HEALTH_TIMEOUT,
  });
  // A container may have another address than before it was stopped.
  const ids = new Set(web.map(({ id }) => id));
  const now = (await containersOf(docker, names)).colours[colour].filter(({ id }) => ids.has(id));
  await awaitListening(deck, now, names.networks.app, settings.HEALTH_TIMEOUT);
}

function offerWayBack(
  operation: Operation,
  { from }: { from: Colour | undefined },
  { undo }: StepReport,
  isToBeTaken: () => Promise<boolean>,
): void {
  const back = async () => {
    if (await isToBeTaken()) moved(operation, await (await edgeOf(operation)).revert(operation.deck.token));
  };
  undo(from ? `cut back to ${from}` : 'take the release off the edge', back, 'traffic');
}

/** Remembers the drain that moving traffic began. */
export function moved(operation: Operation, { drained }: Switched): void {
  // Whoever awaits the drain gets its error; until then it must not count as unhandled.
  drained.catch(() => {});
  operation.drained = drained;
}
