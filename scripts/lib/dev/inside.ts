import type { Config } from '../config/load.js';
import { attach } from '../engine/attach.js';
import type { Docker } from '../engine/docker.js';
import { dockerCommand } from '../engine/docker-command.js';
import { devContainers, runningOf } from './containers.js';

/**
 * Runs a command in the container of a service, on this terminal: it reads what is typed, or what is piped in.
 *
 * @returns its exit code
 * @throws SlipwayError when the stack or the service does not run; UsageError when there is no such service
 */
export async function runInside(config: Config, docker: Docker, service: string, command: readonly string[]): Promise<number> {
  const { id } = runningOf(await devContainers(docker, config), service);
  const terminal = process.stdin.isTTY && process.stdout.isTTY ? ['--tty'] : [];
  return attach(dockerCommand(docker, 'exec', '--interactive', ...terminal, id, ...command));
}
