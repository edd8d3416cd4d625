import { randomBytes } from 'node:crypto';
import { ComposeError } from '../engine/compose.js';
import { SlipwayError } from '../errors.js';
import { removeContainer } from './containers.js';
import type { Operation } from './operation.js';

/**
 * Runs a command in a one-off container of a service, with the service's environment, networks and volumes but none of
 * its aliases, so that no traffic reaches it.
 *
 * @returns the command's standard output
 * @throws SlipwayError with the last lines that it printed, when it ends with another exit code than 0
 */
export async function runOnce(
  { compose, project, docker, signal }: Pick<Operation, 'compose' | 'project' | 'docker'> & { signal?: AbortSignal },
  service: string,
  command: readonly string[],
): Promise<string> {
  const name = `${project.name}-once-${randomBytes(4).toString('hex')}`;
  try {
    return await compose.call(project, ['run', '--rm', `--name=${name}`, '--no-deps', '--no-TTY', '--quiet-pull', service, ...command], {
      signal,
    });
  } catch (error) {
    // An interrupted Compose leaves the command running.
    await removeContainer(docker, name);
    if (!(error instanceof ComposeError)) throw error;
    throw new SlipwayError(`${service}: ${command.join(' ')} failed`, { details: error.details, cause: error });
  }
}
