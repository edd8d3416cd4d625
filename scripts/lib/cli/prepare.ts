import type { Config } from '../config/load.js';
import type { Docker } from '../engine/docker.js';
import { isReady } from '../setup/ready.js';
import { askOnTerminal } from './ask.js';
import type { Output } from './output.js';
import { setupProgress } from './setup-progress.js';

/**
 * @returns what a deploy calls first: nothing when the engine and the base's images are there, else setup
 */
export function prepareForDeploy(output: Output, yes: boolean): (config: Config, docker: Docker) => Promise<void> {
  return async (config, docker) => {
    const ready = (await docker.probe()) !== undefined && (await isReady(config, docker)).length === 0;
    if (ready) return;
    const { setup } = await import('../setup/setup.js');
    await setup({ yes, ask: askOnTerminal(output), progress: setupProgress(output), dotenv: config.file });
  };
}
