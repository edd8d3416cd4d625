import type { Config } from '../../config/load.js';
import type { Colour } from '../../config/names.js';
import type { ReleaseIdentity } from '../../config/release-model.js';
import type { ComposeProject } from '../../engine/compose.js';
import { assembled, type Context, type Release } from '../release.js';
import { appProject } from '../resolve.js';
import { appOf, findImages, type KeptRelease } from './kept-release.js';

/**
 * @param colour where the release is to run, or runs
 * @returns all that an operation has to know of a kept release, but for what is to be done with it
 * @throws SlipwayError when one of its images is gone
 */
export async function ofKept(
  { config, docker }: Pick<Context, 'config' | 'docker'>,
  kept: KeptRelease,
  colour: Colour,
): Promise<Omit<Release, 'command' | 'steps'>> {
  const identity: ReleaseIdentity = {
    stack: config.settings.STACK,
    colour,
    version: kept.version,
    release: kept.release,
    appEnv: config.appEnv,
    cpus: (await docker.machine()).cpus,
  };
  const images = await findImages(docker, config.names.base, kept.images);
  const app = appOf(kept, colour, images, config);
  return {
    ...assembled(config, app, keptProject(config, identity), identity),
    source: { kind: kept.source.kind, revision: kept.source.revision, committed: undefined, files: [], remove: async () => {} },
    resolved: async (one) => kept.apps[one],
    liveProject: undefined,
    liveServices: [],
  };
}

/** Its relative paths were made absolute when it was resolved. */
function keptProject(config: Config, identity: ReleaseIdentity): ComposeProject {
  return { ...appProject(config, [`${config.root}/compose`], identity), folder: config.root };
}
