import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { SlipwayError } from '../errors.js';

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
    return await new Promise((resolve, reject) => {
      child.once('error', (error) => reject(new SlipwayError(`${program} cannot be run: ${error.message}`, { cause: error })));
      child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal as NodeJS.Signals]));
    });
  } finally {
    process.off('SIGINT', ignore);
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.off(signal, handOn);
  }
}
