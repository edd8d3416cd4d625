import { ComposeError } from '../engine/compose.js';
import { SlipwayError } from '../errors.js';
import type { Operation } from './operation.js';

/**
 * Runs a command in a one-off container of a service, with the service's environment, networks and volumes but none of
 * its aliases, so that no traffic reaches it.
 *
 * @returns the command's standard output
 * @throws SlipwayError with the last lines that it printed, when it ends with another exit code than 0
 */
export async function runOnce(
  { compose, project, signal }: Pick<Operation, 'compose' | 'project'> & { signal?: AbortSignal },
  service: string,
  command: readonly string[],
): Promise<string> {
  try {
    return await compose.call(project, ['run', '--rm', '--no-deps', '--no-TTY', '--quiet-pull', service, ...command], { signal });
  } catch (error) {
    if (!(error instanceof ComposeError)) throw error;
    throw new SlipwayError(`${service}: ${command.join(' ')} failed`, { details: error.details, cause: error });
  }
}
