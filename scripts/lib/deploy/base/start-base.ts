import type { Config } from '../../config/load.js';
import { Compose } from '../../engine/compose.js';
import { Deck } from '../../engine/deck/deck.js';
import type { Docker } from '../../engine/docker.js';
import { preflight } from '../preflight.js';
import { observe } from '../state.js';
import { type FileVolumes, mountedFiles } from './project.js';
import { startBase } from './up.js';

/**
 * Has the base up without a deploy: what `base.mjs up` does, and what a restore on an empty machine begins with.
 *
 * @param files volumes of the app to mount beside those that are mounted already
 * @returns the services that were started
 * @throws UsageError when a port is taken; LockedError (exit code 3) when another operation runs
 */
export async function bringBaseUp(config: Config, docker: Docker, say: (line: string) => void, files: FileVolumes = {}): Promise<string[]> {
  const before = await observe(docker, config.names);
  await preflight(config, docker, before);
  const deck = await Deck.open(docker, {
    names: config.names,
    image: config.settings.NODE_IMAGE,
    command: 'base up',
    leastToken: before.edgeToken,
  });
  try {
    return await startBase({
      config,
      docker,
      compose: new Compose(docker.endpoint),
      deck,
      base: before.base,
      files: { ...(await mountedFiles(docker, config.names)), ...files },
      progress: say,
    });
  } finally {
    await deck.close();
  }
}
