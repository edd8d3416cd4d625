import { loadConfig } from '../../config/load.js';
import { Compose } from '../../engine/compose.js';
import { Deck } from '../../engine/deck/deck.js';
import { Docker } from '../../engine/docker.js';
import { UsageError } from '../../errors.js';
import { containersOf } from '../state.js';
import { refreshCronSecrets } from './cron-current.js';
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
  const config = loadConfig(dotenv);
  const docker = new Docker();
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
  const deck = await Deck.open(docker, { names: config.names, image: config.settings.NODE_IMAGE, command: 'base upgrade' });
  try {
    await writeSecrets({ config, deck });
    await compose.call(project, ['up', '--detach', '--no-build', '--pull=missing', '--wait', '--wait-timeout=180'], { onLine: say });
  } finally {
    await deck.close();
  }
  return drifted;
}
