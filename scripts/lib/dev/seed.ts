import type { Config } from '../config/load.js';
import type { Docker } from '../engine/docker.js';
import { SlipwayError, UsageError } from '../errors.js';
import { devContainers, runningOf } from './containers.js';
import { readDevFiles } from './look.js';

/** What ran to fill the databases. */
export interface Seeded {
  service: string;
  command: string[];
}

/** @returns the services that declare a seed, and what it is */
export async function declaredSeeds(config: Config, docker: Docker): Promise<Seeded[]> {
  const { services } = await readDevFiles(config, docker);
  return services.flatMap(({ name, seed }) => (seed ? [{ service: name, command: seed }] : []));
}

/**
 * Runs the seeds of the app, each in the container of the service that declares it, in the order of the Compose file.
 *
 * @param seeds see {@link declaredSeeds}
 * @param say told what they print
 * @throws UsageError when there is none
 * @throws SlipwayError when the stack does not run or a seed fails, with its last lines
 */
export async function runSeeds(config: Config, docker: Docker, seeds: readonly Seeded[], say: (line: string) => void): Promise<void> {
  if (seeds.length === 0) {
    throw new UsageError('the app declares no seed', {
      hints: ['give a service of its development file: x-slipway: { seed: [node, seeds/seed.mjs] }, as compose/dev.yml does'],
    });
  }
  const containers = await devContainers(docker, config);
  for (const { service, command } of seeds) {
    const { exitCode, stdout, stderr } = await docker.exec(runningOf(containers, service).id, command, undefined, say);
    if (exitCode === 0) continue;
    const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim());
    throw new SlipwayError(`the seed of ${service} (${command.join(' ')}) ended with exit code ${exitCode}`, { details: lines.slice(-12) });
  }
}
