import { existsSync } from 'node:fs';
import { type Config, dotenvPath, loadConfig } from '../config/load.js';
import { containerError } from '../deploy/containers.js';
import { Compose, ComposeError } from '../engine/compose.js';
import { Docker } from '../engine/docker.js';
import { SlipwayError, UsageError } from '../errors.js';
import { devContainers } from './containers.js';
import { type Dev, lookAtDev } from './look.js';
import { forgetRecord, isUnchanged, readRecord, recordOf, writeRecord } from './record.js';

/**
 * The fast look of a start: Compose takes seconds to find out that it has nothing to do.
 *
 * @param dotenv the path that --dotenv gave
 * @returns the stack when it runs and nothing has changed since it was started; undefined when there may be something to do
 */
export async function alreadyUp(dotenv: string | undefined): Promise<Dev | undefined> {
  if (!existsSync(dotenvPath(dotenv))) return undefined;
  const config = await loadConfig(dotenv);
  const record = await readRecord(config);
  if (record === undefined) return undefined;
  try {
    const dev = await lookAtDev(config, new Docker(), record);
    return isUnchanged(record, recordOf(dev)) ? dev : undefined;
  } catch (error) {
    // No engine, no image: the start gets them, or says what is wrong.
    if (error instanceof SlipwayError && !(error instanceof UsageError)) return undefined;
    throw error;
  }
}

/**
 * Builds and starts the development stack, or brings a running one up to date.
 *
 * @param dev what was found before
 * @param say told what Compose prints
 * @throws SlipwayError with the last log lines of the container that does not come up
 */
export async function startDev(config: Config, docker: Docker, dev: Dev, say: (line: string) => void): Promise<void> {
  await forgetRecord(config);
  try {
    const compose = new Compose(docker.endpoint);
    await compose.call(dev.project, ['up', '--build', '--detach', '--wait', '--remove-orphans'], { onLine: say });
  } catch (error) {
    throw error instanceof ComposeError ? await withItsReason(error, config, docker) : error;
  }
  const { images, containers } = await lookAtDev(config, docker, dev);
  // The rest as it was before: what was changed meanwhile may not be in any image yet.
  await writeRecord(config, recordOf({ ...dev, images, containers }));
}

/** Compose only names the container that it waited for. */
async function withItsReason(error: ComposeError, config: Config, docker: Docker): Promise<SlipwayError> {
  const said = error.details.join(' ');
  const failed = (await devContainers(docker, config)).filter(({ state }) => state === 'failed');
  const guilty = failed.find(({ name, service }) => said.includes(name) || said.includes(`"${service}"`));
  return guilty ? containerError(docker, guilty, 'it does not come up') : error;
}
