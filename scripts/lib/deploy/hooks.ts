import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, fromRoot } from '../config/load.js';
import { operator } from '../engine/deck/holder.js';
import { CommandError, run } from '../engine/run.js';
import { messageOf, SlipwayError, UsageError } from '../errors.js';
import type { Operation } from './operation.js';
import type { Reporter } from './reporter.js';

export const hooks = ['pre-deploy', 'post-deploy', 'on-failure'] as const;
export type Hook = (typeof hooks)[number];

/** How an operation ended, for the hooks after it. */
export interface Outcome {
  seconds: number;
  /** Why it failed. */
  reason?: string;
}

/**
 * Does the work of an operation between its hooks. A `pre-deploy` that fails stops it before anything has changed; what the
 * others come to changes nothing any more, and is told.
 *
 * @throws UsageError when a hook is there and cannot be executed; SlipwayError when `pre-deploy` refuses
 */
export async function betweenHooks<T>(operation: Operation, reporter: Reporter, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const seconds = () => Math.round((performance.now() - began) / 1_000);
  for (const hook of hooks) fileOf(operation.config, hook);
  // What has cut already is not to be stopped any more.
  if (operation.command !== 'resume') await call('pre-deploy', operation, reporter, { seconds: 0 });
  try {
    const result = await work();
    await told('post-deploy', { seconds: seconds() });
    return result;
  } catch (error) {
    await told('on-failure', { seconds: seconds(), reason: messageOf(error) });
    throw error;
  }

  async function told(hook: Hook, outcome: Outcome): Promise<void> {
    await call(hook, operation, reporter, outcome).catch((error: unknown) => reporter.warn(messageOf(error)));
  }
}

/** Runs a hook, if there is one of that name. What it prints is shown. */
async function call(hook: Hook, operation: Operation, reporter: Reporter, outcome: Outcome): Promise<void> {
  const { config, signal } = operation;
  const file = fileOf(config, hook);
  if (!file) return;
  const env = { ...config.environment, ...variablesOf(operation, outcome) };
  // One that tells of a failure has its say after Ctrl-C as well.
  const stop = hook === 'pre-deploy' ? { signal } : {};
  try {
    await run([file], { cwd: config.root, env, detached: true, onLine: (line) => reporter.note(`  ${hook}: ${line}`), ...stop });
  } catch (error) {
    if (signal.aborted && hook === 'pre-deploy') throw signal.reason;
    if (!(error instanceof CommandError)) throw error;
    const refused = hook === 'pre-deploy' ? 'nothing was changed' : 'that changes nothing about what is live';
    throw new SlipwayError(`the hook ${hook} ended with exit code ${error.result.exitCode}; ${refused}`, {
      details: error.details,
      cause: error,
    });
  }
}

/** @returns the hook's program; undefined when there is none */
function fileOf({ settings }: Config, hook: Hook): string | undefined {
  const file = join(fromRoot(settings.HOOKS_FOLDER), hook);
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return undefined;
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
