import { Compose } from '../engine/compose.js';
import type { Deck } from '../engine/deck/deck.js';
import { exitCodes, SlipwayError } from '../errors.js';
import { execute, type StepTime } from './executor.js';
import { betweenHooks } from './hooks.js';
import { toldOperation } from './notices/tell-operation.js';
import type { Operation, RestoredData } from './operation.js';
import type { Context, Release } from './release.js';
import type { Reporter } from './reporter.js';
import { observe, type State } from './state.js';
import { journaled, type OnInterrupt, watched } from './watch.js';

/** What a release came to that went live. */
export interface Deployed {
  version: string;
  colour: string;
  release: string;
  milliseconds: number;
  steps: StepTime[];
}

export interface OperateOptions {
  reporter: Reporter;
  onInterrupt: OnInterrupt;
  /** Push the images after they were built. */
  push?: boolean;
  /** What is taken up had cut under this token. */
  takenUp?: { before: State; token: number };
  /** The backup set whose data come with the release. */
  data?: RestoredData;
}

/** Does the steps of a release, while holding the lock. Whatever changes something asks first whether the lock is still held. */
export async function operate(context: Context, release: Release, deck: Deck, options: OperateOptions): Promise<Deployed> {
  await assertUnchanged(context);
  return operateAsSeen(context, release, deck, options);
}

/** The same where what is live was looked at, and the plan made, while the lock was held already. */
export async function operateAsSeen(context: Context, release: Release, deck: Deck, options: OperateOptions): Promise<Deployed> {
  const { reporter, onInterrupt } = options;
  const operation = operationOf(context, release, deck, options);
  return recorded(operation, options, () => watched(operation, onInterrupt, () => execute(operation, release.steps, reporter)));
}

/** Does the work of an operation between its hooks, with a beginning and an end in the journal. */
export async function recorded(
  operation: Operation,
  { reporter, onInterrupt }: Pick<OperateOptions, 'reporter' | 'onInterrupt'>,
  work: () => Promise<StepTime[]>,
): Promise<Deployed> {
  const began = performance.now();
  const steps = await toldOperation(operation, reporter, () =>
    betweenHooks(operation, { reporter, onInterrupt }, () => journaled(operation, work)),
  );
  const { version, colour, release } = operation.identity;
  return { version, colour, release, milliseconds: performance.now() - began, steps };
}

/** @returns what the steps of a release share, while the lock is held */
export function operationOf(
  { docker, config, before }: Context,
  release: Release,
  deck: Deck,
  { reporter, push = false, takenUp, data }: Omit<OperateOptions, 'onInterrupt'>,
): Operation {
  const stopping = new AbortController();
  const guard = () => deck.confirm();
  return {
    ...release,
    config,
    docker: docker.guarded(guard),
    compose: new Compose(docker.endpoint, { detached: true, guard }),
    deck,
    servedToken: takenUp?.token ?? deck.token,
    data,
    before: takenUp?.before ?? before,
    stopping,
    signal: stopping.signal,
    drift: Promise.resolve([]),
    drained: Promise.resolve(),
    unstaged: Promise.resolve(),
    pending: new Map(),
    assets: undefined,
    push,
    warn: (text) => reporter.warn(text),
  };
}

/** The plan was made before the lock was taken: it holds only if nobody cut in between. */
export async function assertUnchanged({ docker, config, before }: Pick<Context, 'docker' | 'config' | 'before'>): Promise<void> {
  const { live } = await observe(docker, config.names);
  if (live?.token === before.live?.token) return;
  throw new SlipwayError('another operation has changed what is live in the meantime', {
    hints: ['type the command again'],
    exitCode: exitCodes.locked,
  });
}
