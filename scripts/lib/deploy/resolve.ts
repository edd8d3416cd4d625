import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type AppModel, readAppModel } from '../config/app-model.js';
import type { Config } from '../config/load.js';
import type { Colour } from '../config/names.js';
import { type Compose, ComposeError, type ComposeProject } from '../engine/compose.js';
import { UsageError } from '../errors.js';
import type { Source } from './source.js';

/** What is interpolated into the app's Compose files beside the configuration. */
export interface ReleaseValues {
  colour: Colour;
  version: string;
  release: string;
}

/**
 * @param config the stack's configuration
 * @param files Compose files, absolute
 * @param values the release's own values
 * @returns how Compose is to be called for the app's own files
 */
export function appProject(config: Config, files: readonly string[], { colour, version, release }: ReleaseValues): ComposeProject {
  return {
    name: config.names.project(colour),
    files,
    folder: dirname(files[0] as string),
    env: {
      ...config.environment,
      ...config.appEnv,
      ...config.raw,
      CA_BUNDLE: caBundle(config.environment),
      COLOUR: colour,
      VERSION: version,
      RELEASE: release,
    },
  };
}

/**
 * Has Compose merge and interpolate the app's files, and reads the result.
 *
 * @returns the app's model, the project that it came from, and the text that Compose printed
 * @throws UsageError when Compose refuses the files or they lack what a deploy needs
 */
export async function resolveApp(
  compose: Compose,
  config: Config,
  source: Source,
  values: ReleaseValues,
): Promise<{ app: AppModel; files: ComposeProject; yaml: string }> {
  const files = appProject(config, source.files, values);
  try {
    const yaml = await compose.call(files, ['config']);
    return { app: readAppModel(yaml, config.names), files, yaml };
  } catch (error) {
    if (!(error instanceof ComposeError)) throw error;
    throw new UsageError(`Compose refuses ${config.settings.APP_COMPOSE.join(', ')}`, { details: error.details, cause: error });
  }
}

/** The bundle that the machine's own programs trust, for builds behind a proxy that has its own authority. */
export function caBundle(environment: Readonly<NodeJS.ProcessEnv>): string {
  const named = [environment.NODE_EXTRA_CA_CERTS, environment.SSL_CERT_FILE].find((file) => file && existsSync(file));
  return named ?? '/dev/null';
}
