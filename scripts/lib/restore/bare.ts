import type { Config } from '../config/load.js';
import { baseDrift, baseProject, mountedFiles } from '../deploy/base/project.js';
import { bringBaseUp } from '../deploy/base/start-base.js';
import { ASIDE } from '../deploy/base/up.js';
import { containersOf } from '../deploy/state.js';
import { Compose } from '../engine/compose.js';
import type { Docker } from '../engine/docker.js';
import { SlipwayError, UsageError } from '../errors.js';
import type { RestoreOptions } from './restore.js';

/** What a plan can say while there is nobody who knows the sets. */
export interface Unknown {
  title: string;
  steps: [];
  notes: string[];
}

/**
 * Has the base up: on a machine that has only the project and its .env, that is what a restore begins with. Sets are known
 * only once the cron container runs.
 *
 * @returns undefined when it is up; what is known when nothing is to be changed
 */
export async function haveBase(
  config: Config,
  docker: Docker,
  { dryRun, confirm, step }: Pick<RestoreOptions, 'dryRun' | 'confirm' | 'step'>,
): Promise<Unknown | undefined> {
  const { base } = await containersOf(docker, config.names);
  if (base.some(({ service, state }) => service === 'cron' && state === 'running')) return undefined;
  const title = `the base of ${config.settings.STACK} does not run: a restore starts it first`;
  if (dryRun) {
    return { title, steps: [], notes: ['the sets are known only once it runs: npx zx scripts/base.mjs up, then the same command again'] };
  }
  if (!(await confirm?.(`${title}. Start it?`))) throw new UsageError('nothing was changed', { hints: ['add --yes if you mean it'] });
  await step('have the base up', (say) => bringBaseUp(config, docker, say));
  return undefined;
}

/**
 * Whoever has just mended .env, such as the bucket's name, would see the same error again: the containers still have the old
 * settings.
 *
 * @returns the error, with what to type added when that is so
 */
export async function withDriftHint(error: unknown, config: Config, docker: Docker): Promise<unknown> {
  if (!(error instanceof SlipwayError)) return error;
  const { base } = await containersOf(docker, config.names);
  const project = await baseProject(config, docker, await mountedFiles(docker, config.names));
  const drifted = (await baseDrift(new Compose(docker.endpoint), project, base)).filter((service) => ASIDE.includes(service));
  if (drifted.length === 0) return error;
  const { message, details, hints, exitCode } = error;
  const hint = `${drifted.join(' and ')} ${drifted.length === 1 ? 'has' : 'have'} other settings than ${config.file}: npx zx scripts/base.mjs upgrade`;
  return new SlipwayError(message, { details, hints: [...hints, hint], exitCode, cause: error });
}
