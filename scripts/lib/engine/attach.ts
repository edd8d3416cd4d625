import { spawn } from 'node:child_process';
import { messageOf, SlipwayError } from '../errors.js';
import { exitCodeOf } from './exit-code.js';

/**
 * Runs a program on this process's own terminal, as a shell would: its three streams are ours. Ctrl-C reaches both; what it
 * means is the program's business, so it does not end this process.
 *
 * @param command the program and its arguments
 * @returns its exit code; 128 and the signal's number when a signal ended it
 * @throws SlipwayError when there is no such program
 */
export async function attach(
  [program, ...rest]: readonly [string, ...string[]],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<number> {
  const child = spawn(program, rest, { ...options, stdio: 'inherit' });
  const ignore = () => {};
  const handOn = (signal: NodeJS.Signals) => void child.kill(signal);
  process.on('SIGINT', ignore);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, handOn);
  try {
    return await exitCodeOf(child);
  } catch (cause) {
    throw new SlipwayError(`${program} cannot be run: ${messageOf(cause)}`, { cause });
  } finally {
    process.off('SIGINT', ignore);
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.off(signal, handOn);
  }
}
