import type { Config } from '../../config/load.js';
import { Compose } from '../../engine/compose.js';
import type { Docker } from '../../engine/docker.js';
import { preflight } from '../preflight.js';
import { underLock } from '../stack.js';
import { observe } from '../state.js';
import { filesToMount } from './files-to-mount.js';
import type { FileVolumes } from './project.js';
import { startBase } from './up.js';

/**
 * Has the base up without a deploy: what `base.mjs up` does, and what a restore on an empty machine begins with.
 *
 * @param files volumes of the app to mount beside those that the live release has
 * @returns the services that were started
 * @throws UsageError when a port is taken; LockedError (exit code 3) when another operation runs
 */
export async function bringBaseUp(config: Config, docker: Docker, say: (line: string) => void, files: FileVolumes = {}): Promise<string[]> {
  const before = await observe(docker, config.names);
  await preflight(config, docker, before);
  const stack = { config, docker };
  return underLock(stack, { command: 'base up', leastToken: before.edgeToken }, async (deck) =>
    startBase({
      ...stack,
      compose: new Compose(docker.endpoint),
      deck,
      base: before.base,
      files: { ...(await filesToMount(stack, deck, before.base)), ...files },
      progress: say,
    }),
  );
}
