import { resolve } from 'node:path';
import { projectRoot } from '../config/root.js';
import { tryRun } from '../engine/run.js';

/** How one deploy went. */
export interface DeployRun {
  exitCode: number;
  seconds: number;
}

/**
 * Types `npx zx scripts/deploy.mjs <version>` as a person would, in a process of its own, so that the load is measured
 * apart from the deploy.
 *
 * @param env further variables
 * @param say told each line that the command prints
 */
export async function deployByHand(
  version: string,
  dotenv: string,
  env: Record<string, string>,
  say: (line: string) => void,
): Promise<DeployRun> {
  say('');
  say(`$ npx zx scripts/deploy.mjs ${version}`);
  const began = performance.now();
  const { exitCode } = await tryRun(['npx', 'zx', resolve(projectRoot, 'scripts/deploy.mjs'), version, '--dotenv', dotenv], {
    cwd: projectRoot,
    env: { ...process.env, ...env },
    onLine: say,
  });
  return { exitCode, seconds: (performance.now() - began) / 1_000 };
}
