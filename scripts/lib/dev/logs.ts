import type { Config } from '../config/load.js';
import { Compose } from '../engine/compose.js';
import type { Docker } from '../engine/docker.js';
import { containersOf, devContainers } from './containers.js';
import { devProject } from './project.js';

/** What of the logs is shown. */
export interface LogOptions {
  /** Empty: all. */
  services: readonly string[];
  /** Goes on until Ctrl-C. */
  follow: boolean;
  /** How many lines of each service, as Compose takes it: a number or `all`. */
  tail: string;
  /** As Compose takes it: a time, or a duration such as 10m. */
  since: string | undefined;
}

/**
 * Prints the logs of the development stack on this terminal.
 *
 * @returns the exit code of Compose
 * @throws SlipwayError when there is no stack; UsageError when it has no such service
 */
export async function showLogs(config: Config, docker: Docker, { services, follow, tail, since }: LogOptions): Promise<number> {
  const containers = await devContainers(docker, config);
  for (const service of services.length > 0 ? services : [containers[0]?.service ?? '']) containersOf(containers, service);
  const flags = [...(follow ? ['--follow'] : []), `--tail=${tail}`, ...(since === undefined ? [] : [`--since=${since}`])];
  return new Compose(docker.endpoint).attached(devProject(config), ['logs', ...flags, ...services]);
}
