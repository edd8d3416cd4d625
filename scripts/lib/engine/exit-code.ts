import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';

/**
 * @returns a program's exit code, once its streams have ended as well; 128 and the signal's number when a signal ended it, as
 *   shells have it
 * @throws what kept it from being started
 */
export function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
