import type { Config } from '../config/load.js';
import { Compose } from '../engine/compose.js';
import type { Deck } from '../engine/deck/deck.js';
import type { Docker } from '../engine/docker.js';
import { exitCodes, SlipwayError } from '../errors.js';
import { execute, type StepTime } from './executor.js';
import { betweenHooks } from './hooks.js';
import { toldOperation } from './notices/tell-operation.js';
import type { Operation } from './operation.js';
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
}

/** Does the steps of a release, while holding the lock. Whatever changes something asks first whether the lock is still held. */
export async function operate(
  { docker, config, before }: Context,
  release: Release,
  deck: Deck,
  { reporter, onInterrupt, push = false, takenUp }: OperateOptions,
): Promise<Deployed> {
  const began = performance.now();
  const { steps, identity } = release;
  await assertUnchanged(docker, config, before);
  const stopping = new AbortController();
  const guard = () => deck.confirm();
  const operation: Operation = {
    ...release,
    config,
    docker: docker.guarded(guard),
    compose: new Compose(docker.endpoint, { detached: true, guard }),
    deck,
    servedToken: takenUp?.token ?? deck.token,
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
  const times = await toldOperation(operation, reporter, () =>
    betweenHooks(operation, { reporter, onInterrupt }, () =>
      journaled(operation, () => watched(operation, onInterrupt, () => execute(operation, steps, reporter))),
    ),
  );
  const { version, colour, release: name } = identity;
  return { version, colour, release: name, milliseconds: performance.now() - began, steps: times };
}

/** The plan was made before the lock was taken: it holds only if nobody cut in between. */
async function assertUnchanged(docker: Docker, config: Config, before: State): Promise<void> {
  const { live } = await observe(docker, config.names);
  if (live?.token === before.live?.token) return;
  throw new SlipwayError('another operation has changed what is live in the meantime', {
    hints: ['type the command again'],
    exitCode: exitCodes.locked,
  });
}
