import { existsSync } from 'node:fs';
import { type Config, dotenvPath, loadConfig } from '../config/load.js';
import { Docker } from '../engine/docker.js';
import { isReady } from '../setup/ready.js';
import { isAtLeast, leastEngine } from '../setup/versions.js';
import { askOnTerminal } from './ask.js';
import type { Output } from './output.js';
import { setupProgress } from './setup-progress.js';

/** A configuration, and an engine that has what it names. */
export interface Prepared {
  config: Config;
  docker: Docker;
}

/**
 * Has the engine, the .env file and the base's images there, whatever of them is missing. A file that --dotenv names has to
 * exist: a misspelt name must not become a new stack.
 *
 * @param dotenv the path that --dotenv gave
 */
export async function prepareConfig(output: Output, yes: boolean, dotenv: string | undefined): Promise<Prepared> {
  if (dotenv === undefined && !existsSync(dotenvPath(dotenv))) await runSetup(output, yes, dotenv);
  const prepared = { config: await loadConfig(dotenv), docker: new Docker() };
  if (await isPrepared(prepared)) return prepared;
  await runSetup(output, yes, dotenv);
  // Setup may have written other image names into the file.
  return { config: await loadConfig(dotenv), docker: new Docker() };
}

async function isPrepared({ config, docker }: Prepared): Promise<boolean> {
  const engine = await docker.probe();
  return isAtLeast(engine?.version, leastEngine) && (await isReady(config, docker)).length === 0;
}

async function runSetup(output: Output, yes: boolean, dotenv: string | undefined): Promise<void> {
  const { setup } = await import('../setup/setup.js');
  await setup({ yes, ask: askOnTerminal(output), progress: setupProgress(output), dotenv });
}
