import type { Config } from '../../config/load.js';
import { colours } from '../../config/names.js';
import type { Deck } from '../../engine/deck/deck.js';
import type { Docker } from '../../engine/docker.js';
import { SlipwayError, UsageError } from '../../errors.js';
import { removeAbandonedRuns, stopContainers } from '../containers.js';
import { openStack, type Stack, underLock } from '../stack.js';
import { observe } from '../state.js';
import { inOrder, type Sequence } from './in-order.js';
import { belongingsOf, removeContainers, removeKeptImages, removeNetworks, removeVolumes } from './remove-stack.js';
import { planStop, type Removal, type StopStep } from './stop-plan.js';

export interface StopOptions extends Pick<Sequence, 'step' | 'onInterrupt'> {
  dotenv: string | undefined;
  /** Only say what would be done. */
  dryRun: boolean;
  /** Remove the containers and networks as well. */
  remove: boolean;
  /** The stack's name as the person typed it, who wants its volumes removed as well. */
  removeVolumes: string | undefined;
  /** Told which volumes go, with all that is in them, before anything is done. */
  announce: (volumes: readonly string[]) => void;
}

/** What a stop came to. */
export interface StopResult {
  outcome: 'planned' | 'stopped' | 'removed' | 'nothing-to-do';
  stack: string;
  steps: { id: string; title: string }[];
  /** Containers that were, or would be, stopped. */
  stopped: string[];
  /** Volumes that were, or would be, removed. */
  volumes: string[];
}

const HINTS = ['npx zx scripts/stop.mjs, typed as before, goes on; npx zx scripts/start.mjs starts the stack again'];

/**
 * Stops everything of a stack in an order that lets work end, and removes it when that is asked for. Stopped containers are
 * kept as they are; since a person stopped them, a restart of the engine does not start them.
 *
 * @throws UsageError before anything is changed; LockedError (exit code 3) when another operation runs; SlipwayError (1)
 * saying what runs when something could not be stopped or removed
 */
export async function stopStack(options: StopOptions): Promise<StopResult> {
  const stack = await openStack(options.dotenv);
  const { config } = stack;
  assertTyped(options, config);
  const { steps, state } = await plan(stack, options);
  if (options.dryRun) return told('planned', config, steps);
  // Taking the lock makes volumes: of a stack that is not there, none are left behind.
  if (steps.length === 0 && [state.base, ...colours.map((colour) => state.colours[colour])].every((all) => all.length === 0)) {
    return told('nothing-to-do', config, steps);
  }
  // No network: it would keep the networks from being removed.
  return underLock(stack, { command: 'stop', leastToken: state.edgeToken }, (deck) => stopHeld(stack, deck, options));
}

/** The name is typed, so that a wrong --dotenv, or the line of another day, takes nobody's data. */
function assertTyped({ remove, removeVolumes: typed }: StopOptions, { names, file }: Config): void {
  if (typed === undefined) return;
  const hints = [`this removes the data of ${names.base} (${file}): npx zx scripts/stop.mjs --remove --remove-volumes ${names.base}`];
  if (!remove) throw new UsageError('--remove-volumes: goes with --remove alone', { hints });
  if (typed !== names.base) throw new UsageError(`--remove-volumes: ${JSON.stringify(typed)} is not the name of this stack`, { hints });
}

async function plan({ docker, config }: Stack, options: StopOptions) {
  const [state, removal] = await Promise.all([
    observe(docker, config.names),
    options.remove ? removalOf(docker, config, options) : undefined,
  ]);
  return { state, steps: planStop(state, removal) };
}

async function removalOf(docker: Docker, { names }: Config, options: StopOptions): Promise<Removal> {
  const { containers, networks, volumes } = await belongingsOf(docker, names);
  const wanted = options.removeVolumes === undefined ? [] : volumes;
  const isHeld = (volume: string) => Object.values(names.volumes).includes(volume);
  return {
    containers: containers.filter(({ name }) => name !== names.deck),
    networks,
    volumes: wanted.filter((volume) => !isHeld(volume)),
    held: wanted.filter(isHeld),
  };
}

/** Plans once more, now that nobody else changes anything, and does it. */
async function stopHeld(stack: Stack, deck: Deck, options: StopOptions): Promise<StopResult> {
  const { docker, config } = stack;
  const guarded = docker.guarded(() => deck.confirm());
  await removeAbandonedRuns(guarded, config.names);
  const { state, steps } = await plan(stack, options);
  if (steps.length === 0) return told('nothing-to-do', config, steps);
  if (state.live?.canary && !options.remove) {
    throw new SlipwayError(`the canary of ${state.live.canary.version} was cut off, and would be there again with the edge`, {
      hints: ['put it in order first: npx zx scripts/deploy.mjs --abort'],
    });
  }
  const result = told(options.remove ? 'removed' : 'stopped', config, steps);
  if (result.volumes.length > 0) options.announce(result.volumes);
  const { step, onInterrupt } = options;
  const sequence: Sequence = { command: 'stop', docker: guarded, config, deck, live: state.live, step, onInterrupt, hints: HINTS };
  const held = steps.find((one) => one.kind === 'remove-held');
  await inOrder(
    sequence,
    steps.filter((one) => one !== held),
    (one) => perform(guarded, one),
  );
  if (held) await step(held.title, () => removeHeld(docker, config, deck, held.volumes));
  return result;
}

/** What the deck had mounted goes when the deck is gone; the images that only the journal knew of as well. */
async function removeHeld(docker: Docker, { names }: Config, deck: Deck, volumes: readonly string[]): Promise<void> {
  await deck.close();
  await Promise.all([removeVolumes(docker, volumes), removeKeptImages(docker, names)]);
}

async function perform(docker: Docker, step: StopStep): Promise<void> {
  switch (step.kind) {
    case 'stop':
      return stopContainers(docker, step.containers);
    case 'remove-containers':
      return removeContainers(docker, step.containers);
    case 'remove-networks':
      return removeNetworks(docker, step.networks);
    default:
      return removeVolumes(docker, step.volumes);
  }
}

function told(outcome: StopResult['outcome'], { names }: Config, steps: readonly StopStep[]): StopResult {
  const stopped = steps.flatMap((step) => (step.kind === 'stop' ? step.containers.map(({ name }) => name) : []));
  const volumes = steps.flatMap((step) => (step.kind === 'remove-volumes' || step.kind === 'remove-held' ? step.volumes : []));
  return { outcome, stack: names.base, steps: steps.map(({ id, title }) => ({ id, title })), stopped, volumes: [...volumes].sort() };
}
