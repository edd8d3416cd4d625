import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { fromRoot, isFile } from '../config/files.js';
import type { Config } from '../config/load.js';
import { operator } from '../engine/deck/holder.js';
import { CommandError, run } from '../engine/run.js';
import { messageOf, SlipwayError, UsageError } from '../errors.js';
import type { Operation } from './operation.js';
import type { Reporter } from './reporter.js';
import { InterruptedError, type OnInterrupt } from './watch.js';

export const hooks = ['pre-deploy', 'post-deploy', 'on-failure'] as const;
export type Hook = (typeof hooks)[number];

/** How long a hook may take to end after Ctrl-C (milliseconds). */
const GRACE_MS = 5_000;

interface Means {
  reporter: Reporter;
  onInterrupt: OnInterrupt;
}

/** How an operation ended, for the hooks after it. */
export interface Outcome {
  seconds: number;
  /** Why it failed. */
  reason?: string;
}

/**
 * Does the work of an operation between its hooks. A `pre-deploy` that fails stops it before anything has changed; what the
 * others come to changes nothing any more, and is told. Ctrl-C ends the hook that runs.
 *
 * @throws UsageError when a hook is there and cannot be executed; SlipwayError when `pre-deploy` refuses; InterruptedError
 * (exit code 130) on Ctrl-C while it runs
 */
export async function betweenHooks<T>(operation: Operation, means: Means, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const seconds = () => Math.round((performance.now() - began) / 1_000);
  for (const hook of hooks) fileOf(operation.config, hook);
  // What has cut already is not to be stopped any more.
  if (operation.command !== 'resume') await call('pre-deploy', operation, means, { seconds: 0 });
  try {
    const result = await work();
    await told('post-deploy', { seconds: seconds() });
    return result;
  } catch (error) {
    await told('on-failure', { seconds: seconds(), reason: messageOf(error) });
    throw error;
  }

  async function told(hook: Hook, outcome: Outcome): Promise<void> {
    await call(hook, operation, means, outcome).catch((error: unknown) => means.reporter.warn(messageOf(error)));
  }
}

/** Runs a hook, if there is one of that name. What it prints is shown. */
async function call(hook: Hook, operation: Operation, { reporter, onInterrupt }: Means, outcome: Outcome): Promise<void> {
  const { config } = operation;
  const file = fileOf(config, hook);
  if (!file) return;
  const env = { ...config.environment, ...variablesOf(operation, outcome) };
  const stopping = new AbortController();
  const stopListening = onInterrupt(() => {
    if (!stopping.signal.aborted) reporter.note(`  ${hook}: is asked to end`);
    stopping.abort();
  });
  const stop = { signal: stopping.signal, graceMs: GRACE_MS };
  try {
    await run([file], { cwd: config.root, env, detached: true, onLine: (line) => reporter.note(`  ${hook}: ${line}`), stop });
  } catch (error) {
    if (!stopping.signal.aborted) throw refusal(hook, error);
  } finally {
    stopListening();
  }
  if (stopping.signal.aborted) throw new InterruptedError(`interrupted: the hook ${hook} was ended; ${standing(hook, operation)}`);
}

function refusal(hook: Hook, error: unknown): unknown {
  if (!(error instanceof CommandError)) return error;
  const refused = hook === 'pre-deploy' ? 'nothing was changed' : 'that changes nothing about what is live';
  return new SlipwayError(`the hook ${hook} ended with exit code ${error.result.exitCode}; ${refused}`, {
    details: error.details,
    cause: error,
  });
}

/** @returns what stands when a hook was ended by Ctrl-C */
function standing(hook: Hook, { identity }: Operation): string {
  if (hook === 'pre-deploy') return 'nothing was changed';
  return hook === 'post-deploy' ? `${identity.version} stays live` : 'that changes nothing about what is live';
}

/** @returns the hook's program; undefined when there is none */
function fileOf({ settings }: Config, hook: Hook): string | undefined {
  const file = join(fromRoot(settings.HOOKS_FOLDER), hook);
  if (!isFile(file)) return undefined;
  try {
    accessSync(file, constants.X_OK);
    return file;
  } catch (error) {
    throw new UsageError(`the hook ${file} cannot be executed`, { hints: [`type: chmod +x ${file}`], cause: error });
  }
}

/** What a hook is told, as variables; hooks/README.md explains them. */
function variablesOf({ command, identity, before, source, deck }: Operation, { seconds, reason }: Outcome): NodeJS.ProcessEnv {
  return {
    SLIPWAY_COMMAND: command,
    SLIPWAY_STACK: identity.stack,
    SLIPWAY_VERSION: identity.version,
    SLIPWAY_RELEASE: identity.release,
    SLIPWAY_COLOUR: identity.colour,
    SLIPWAY_REVISION: source.revision ?? '',
    SLIPWAY_LIVE_VERSION: before.live?.version ?? '',
    SLIPWAY_OPERATION: String(deck.token),
    SLIPWAY_BY: operator(),
    SLIPWAY_SECONDS: String(seconds),
    SLIPWAY_REASON: reason ?? '',
  };
}
