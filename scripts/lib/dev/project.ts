import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fromRoot } from '../config/files.js';
import type { Config } from '../config/load.js';
import { caBundle } from '../deploy/resolve.js';
import type { ComposeProject } from '../engine/compose.js';
import { UsageError } from '../errors.js';

/** The development stack's project, whose files are paths. */
export type DevProject = ComposeProject & { files: readonly string[] };

/**
 * @param config the stack's configuration; DEV_COMPOSE names the files, whose relative paths count from the first one's folder
 * @param edge the edge's image; what does not start it need not know which one that is
 * @returns how Compose is to be called for the development stack
 * @throws UsageError when a file is not there
 */
export function devProject(config: Config, edge = 'slipway/edge'): DevProject {
  const missing = config.settings.DEV_COMPOSE.filter((path) => !statSync(fromRoot(path), { throwIfNoEntry: false })?.isFile());
  if (missing.length > 0) {
    throw new UsageError('the development stack has no Compose file', {
      details: missing.map((path) => `DEV_COMPOSE: there is no file ${path}`),
      hints: [`mend DEV_COMPOSE in ${config.file}; relative paths count from ${config.root}`],
    });
  }
  const files = config.settings.DEV_COMPOSE.map(fromRoot);
  return {
    // A `name:` in the file does not count: what this project owns may be thrown away, so it is never another one's.
    name: config.names.dev,
    files,
    folder: dirname(files[0] as string),
    env: { ...config.environment, ...config.appEnv, ...config.raw, CA_BUNDLE: caBundle(config.environment), EDGE_IMAGE: edge },
  };
}
