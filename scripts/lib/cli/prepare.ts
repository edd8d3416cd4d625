import { existsSync } from 'node:fs';
import { type Config, dotenvPath, loadConfig } from '../config/load.js';
import { Docker } from '../engine/docker.js';
import { isReady } from '../setup/ready.js';
import { isAtLeast, leastEngine } from '../setup/versions.js';
import { askOnTerminal } from './ask.js';
import type { Output } from './output.js';
import { setupProgress } from './setup-progress.js';

/**
 * @returns what a deploy calls first: nothing when the engine and the base's images are there, else setup
 */
export function prepareForDeploy(output: Output, yes: boolean): (config: Config, docker: Docker) => Promise<void> {
  return async (config, docker) => {
    const engine = await docker.probe();
    const ready = isAtLeast(engine?.version, leastEngine) && (await isReady(config, docker)).length === 0;
    if (!ready) await runSetup(output, yes, config.file);
  };
}

/**
 * Has the engine, the .env file and the images there, whatever of them is missing.
 *
 * @param dotenv the path that --dotenv gave
 * @returns the configuration and the engine's client
 */
export async function prepareConfig(output: Output, yes: boolean, dotenv: string | undefined): Promise<{ config: Config; docker: Docker }> {
  if (!existsSync(dotenvPath(dotenv))) await runSetup(output, yes, dotenv);
  const docker = new Docker();
  await prepareForDeploy(output, yes)(loadConfig(dotenv), docker);
  // Setup may have written other image names into the file.
  return { config: loadConfig(dotenv), docker };
}

async function runSetup(output: Output, yes: boolean, dotenv: string | undefined): Promise<void> {
  const { setup } = await import('../setup/setup.js');
  await setup({ yes, ask: askOnTerminal(output), progress: setupProgress(output), dotenv });
}
