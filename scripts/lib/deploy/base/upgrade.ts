import { Compose } from '../../engine/compose.js';
import { UsageError } from '../../errors.js';
import { openStack, underLock } from '../stack.js';
import { containersOf } from '../state.js';
import { refreshCronSecrets } from './cron-current.js';
import { filesToMount } from './files-to-mount.js';
import { baseDrift, baseProject, mountedFiles } from './project.js';
import { writeSecrets } from './secrets.js';

export interface BaseUpgradeOptions {
  dotenv: string | undefined;
  /** Asked before anything is recreated. */
  confirm: (question: string) => Promise<boolean>;
  say: (line: string) => void;
}

/**
 * Brings the base to what the files and .env say. Services that differ are recreated, which a deploy never does: clients
 * notice it for a moment.
 *
 * @returns the services that were recreated
 * @throws UsageError when there is no base yet, or the person does not agree
 */
export async function upgradeBase({ dotenv, confirm, say }: BaseUpgradeOptions): Promise<string[]> {
  const stack = await openStack(dotenv);
  const { config, docker } = stack;
  const compose = new Compose(docker.endpoint);
  const { base } = await containersOf(docker, config.names);
  if (base.length === 0) throw new UsageError('there is no base yet', { hints: ['the first deploy starts it'] });
  const project = await baseProject(config, docker, await mountedFiles(docker, config.names));
  (await import('../../config/schedules.js')).refuseBadSchedules(config.settings);
  await refreshCronSecrets(config, docker);
  const drifted = await baseDrift(compose, project, base);
  if (drifted.length === 0) return [];
  if (!(await confirm(`recreate ${drifted.join(', ')}? Requests fail until it is back, some seconds.`))) {
    throw new UsageError('nothing was changed', { hints: ['add --yes if you mean it'] });
  }
  await underLock(stack, { command: 'base upgrade' }, async (deck) => {
    await writeSecrets({ config, deck });
    // What is missing is made as well.
    const whole = await baseProject(config, docker, await filesToMount(stack, deck, base));
    await compose.call(whole, ['up', '--detach', '--no-build', '--pull=missing', '--wait', '--wait-timeout=180'], { onLine: say });
  });
  return drifted;
}
