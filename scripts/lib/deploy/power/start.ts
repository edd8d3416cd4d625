import { setTimeout as delay } from 'node:timers/promises';
import { edgePorts } from '../../edge/target.js';
import { Compose } from '../../engine/compose.js';
import type { Deck } from '../../engine/deck/deck.js';
import { SlipwayError } from '../../errors.js';
import { filesToMount } from '../base/files-to-mount.js';
import { startBase } from '../base/up.js';
import { awaitHealthy, startContainers, stopContainers } from '../containers.js';
import { preflight } from '../preflight.js';
import { assertInOrder } from '../recovery/assert-in-order.js';
import { openStack, type Stack, underLock } from '../stack.js';
import { containersOf, observe, type State } from '../state.js';
import { type Act, inOrder, type Sequence } from './in-order.js';
import { planStart, type StartStep } from './start-plan.js';

export interface StartOptions extends Pick<Sequence, 'step' | 'onInterrupt'> {
  dotenv: string | undefined;
  /** Only say what would be done. */
  dryRun: boolean;
  /** Makes the base's images ready; asked only when containers of the base have to be made. */
  prepare: () => Promise<unknown>;
}

/** What a start came to. */
export interface StartResult {
  outcome: 'planned' | 'started' | 'nothing-to-do';
  version: string;
  colour: string;
  steps: { id: string; title: string }[];
  /** Containers that were, or would be, started. */
  started: string[];
}

/** How long Postgres may take to replay what a hard stop left, and Redis to load its data. */
const STORES_MS = 180_000;
/** How long the edge may take to answer once its container runs. */
const ANSWER_MS = 30_000;
const HINTS = ['npx zx scripts/start.mjs goes on from there; npx zx scripts/stop.mjs stops what runs'];

/**
 * Starts a stack that was stopped: the base, and the release that was live. Containers are started as they are; a deploy,
 * or `base.mjs upgrade`, is what makes new ones. What Compose had put into them of an app's `secrets` and `configs` is still
 * there (tried with Compose 2.26): it became part of the container, or is mounted.
 *
 * @throws UsageError (exit code 2) when nothing was deployed, or a port is taken; LockedError (3) when another operation runs;
 * SlipwayError (1) with the container's last words, and what runs, when one does not become healthy
 */
export async function startStack(options: StartOptions): Promise<StartResult> {
  const stack = await openStack(options.dotenv);
  const { config, docker } = stack;
  const before = await observe(docker, config.names);
  const steps = planStart(before);
  if (options.dryRun) return told('planned', before, steps);
  if (steps.some(({ kind }) => kind === 'base-up')) await options.prepare();
  await preflight(config, docker, before);
  return underLock(stack, { command: 'start', leastToken: before.edgeToken }, (deck) => startHeld(stack, deck, options));
}

/** Plans once more, now that nobody else changes anything, and does it. */
async function startHeld({ docker, config }: Stack, deck: Deck, options: StartOptions): Promise<StartResult> {
  assertInOrder(deck.journal);
  const state = await observe(docker, config.names);
  const steps = planStart(state);
  if (steps.length === 0) return told('nothing-to-do', state, steps);
  const { step, onInterrupt } = options;
  const guarded = docker.guarded(() => deck.confirm());
  const sequence: Sequence = { command: 'start', docker: guarded, config, deck, live: state.live, step, onInterrupt, hints: HINTS };
  await inOrder(sequence, steps, performer(sequence, state));
  return told('started', state, steps);
}

/** @returns how each step is done */
function performer(sequence: Sequence, state: State): Act<StartStep> {
  const { docker } = sequence;
  return async (step, signal, progress) => {
    switch (step.kind) {
      case 'base-up':
        return makeBase(sequence, state, signal, progress);
      case 'stop':
        return stopContainers(docker, step.containers);
      case 'answer':
        return awaitAnswer(sequence, step.token, signal);
      default:
        return start(sequence, step, signal, progress);
    }
  };
}

async function start(
  { docker, config }: Sequence,
  { where, containers, until }: Extract<StartStep, { kind: 'start' }>,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<void> {
  await startContainers(docker, containers);
  if (until === 'started') return;
  const { base, colours } = await containersOf(docker, config.names);
  const there = where === 'base' ? base : colours[where];
  await awaitHealthy(docker, config.names, where, {
    services: [...new Set(containers.map(({ service }) => service))],
    replicas: (name) => there.filter(({ service }) => service === name).length,
    timeoutMs: where === 'base' ? STORES_MS : config.settings.HEALTH_TIMEOUT,
    signal,
    progress,
  });
}

/** Compose starts all of the base together then, the edge included. */
async function makeBase(
  { docker, config, deck }: Sequence,
  { base }: State,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<void> {
  const compose = new Compose(docker.endpoint, { detached: true, guard: () => deck.confirm() });
  await startBase({ config, docker, compose, deck, base, files: await filesToMount({ docker, config }, deck, base), signal, progress });
}

/** Waits until the edge serves what the operation with that token made live. */
async function awaitAnswer({ deck, config }: Sequence, token: number, signal: AbortSignal): Promise<void> {
  await deck.join(config.names.networks.app);
  const deadline = performance.now() + ANSWER_MS;
  const request = { host: 'edge', port: edgePorts.private, path: '/live', timeoutMs: 2_000 };
  for (;;) {
    signal.throwIfAborted();
    const { status, body, error } = await deck.probe(request);
    if (status === 200 && (JSON.parse(body) as { token: number }).token === token) return;
    if (performance.now() > deadline) throw new SlipwayError(`the edge does not answer: ${error ?? `${status} ${body.trim()}`}`);
    await delay(50, undefined, { signal });
  }
}

function told(outcome: StartResult['outcome'], { live }: State, steps: readonly StartStep[]): StartResult {
  const started = steps.flatMap((step) => (step.kind === 'start' ? step.containers.map(({ name }) => name) : []));
  const { version = '', colour = '' } = live ?? {};
  return { outcome, version, colour, steps: steps.map(({ id, title }) => ({ id, title })), started };
}
