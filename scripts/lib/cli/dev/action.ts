import { type Config, loadConfig } from '../../config/load.js';
import { Docker } from '../../engine/docker.js';
import { type ExitCode, exitCodes } from '../../errors.js';
import type { Arguments } from '../command.js';
import type { Output } from '../output.js';

/** One thing that can be done with the development stack. */
export interface DevAction {
  /** At most this many words behind its name. */
  words: number;
  /** What stands behind `--` goes to a program. */
  handsOn?: true;
  run: (given: Arguments, output: Output) => Promise<{ result: unknown; exitCode?: ExitCode }>;
}

/** @returns the path that --dotenv gave */
export function dotenvOf({ values }: Arguments): string | undefined {
  return values.dotenv as string | undefined;
}

/** For what needs a stack that is there already: nothing is set up for it. */
export async function open(given: Arguments): Promise<{ config: Config; docker: Docker }> {
  return { config: await loadConfig(dotenvOf(given)), docker: new Docker() };
}

/**
 * How a program ended that had the terminal.
 *
 * @param typed the command that the person gave; a shell that was only opened ends with whatever was typed last in it
 */
export function ended(code: number, typed: readonly string[]): { result: unknown; exitCode: ExitCode } {
  const isDone = code === 0 || typed.length === 0;
  return { result: undefined, exitCode: isDone ? exitCodes.done : code === 130 ? exitCodes.interrupted : exitCodes.failed };
}
