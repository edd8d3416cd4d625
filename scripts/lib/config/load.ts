import { resolve } from 'node:path';
import { UsageError } from '../errors.js';
import { type Examined, examine } from './examine.js';
import { type Gathered, gatherLayers, type Places } from './gather.js';
import type { LayerSource } from './layer-source.js';
import { layerSources } from './layer-sources.js';
import type { Layer } from './layers.js';
import { type Names, namesOf } from './names.js';
import { projectRoot } from './root.js';
import { defaults, isSecretKey, type SecretKey, type Settings, secretKeys } from './schema.js';
import { Secret } from './secret.js';
import { warnOnce } from './warnings.js';

/** One stack's whole configuration, checked. */
export interface Config {
  settings: Omit<Settings, SecretKey>;
  secrets: Readonly<Record<SecretKey, Secret>>;
  /** The app's own variables, from APP_ENV_FILE. */
  appEnv: Readonly<Record<string, string>>;
  names: Names;
  root: string;
  /** The .env file that was read. */
  file: string;
  /** Every layer that was read, in their order, without what they say. */
  layers: readonly Pick<Layer, 'kind' | 'name'>[];
  /** The raw text of every key that is no secret, for interpolation in Compose files. */
  raw: Readonly<Record<string, string>>;
  /** The process's environment, for the programs that are started. */
  environment: Readonly<NodeJS.ProcessEnv>;
}

/**
 * @param dotenv the path that --dotenv gave, or undefined for the project's `.env`
 * @returns the absolute path of the .env file
 */
export function dotenvPath(dotenv: string | undefined): string {
  return dotenv === undefined ? resolve(projectRoot, '.env') : resolve(dotenv);
}

/**
 * @param dotenv the path that --dotenv gave, or undefined for the project's `.env`
 * @param environment the process's environment
 * @param sources what reads the layers that are not just files
 */
export function placesOf(
  dotenv: string | undefined,
  environment: Readonly<NodeJS.ProcessEnv> = process.env,
  sources: readonly LayerSource[] = layerSources,
): Places {
  return { file: dotenvPath(dotenv), process: environment, sources };
}

/**
 * Reads and checks the configuration. Its layers, later ones winning: defaults, the .env file, `<file>.<environment>` beside it,
 * the encrypted `<file>.<environment>.age`, the process's environment, a secrets' provider. SLIPWAY_ENV says which environment it is,
 * in the .env file or in the process's environment. Keys that are nearly known ones are warned of.
 *
 * @param dotenv the path that --dotenv gave, or undefined for the project's `.env`
 * @param environment the process's environment; only this function and the clients' spawn options look at it
 * @param sources what reads the layers that are not just files
 * @returns the configuration
 * @throws UsageError listing every problem at once, a line each; SlipwayError when a source could not be read
 */
export async function loadConfig(
  dotenv?: string,
  environment: NodeJS.ProcessEnv = process.env,
  sources: readonly LayerSource[] = layerSources,
): Promise<Config> {
  const gathered = await gatherLayers(placesOf(dotenv, environment, sources));
  const examined = examine(gathered);
  const settings = accept(gathered, examined);
  for (const text of examined.nearMisses) warnOnce(text);

  const { values } = examined.merged;
  return {
    settings: Object.fromEntries(Object.entries(settings).filter(([key]) => !isSecretKey(key))) as Config['settings'],
    secrets: Object.fromEntries(secretKeys.map((key) => [key, new Secret(settings[key])])) as Config['secrets'],
    appEnv: examined.appEnv,
    names: namesOf(settings.STACK),
    root: projectRoot,
    file: gathered.file,
    layers: gathered.layers.map(({ kind, name }) => ({ kind, name })),
    raw: Object.fromEntries(Object.keys(defaults).map((key) => [key, values[key as keyof typeof defaults] ?? ''])),
    environment,
  };
}

function accept({ layers, failure }: Gathered, { settings, problems, nearMisses }: Examined): Settings {
  if (settings && problems.length === 0 && failure === undefined) return settings;
  if (failure && problems.length === 0) throw failure;
  const details = [...(failure ? [failure.message, ...failure.details] : []), ...problems, ...nearMisses];
  const files = layers.filter(({ lines }) => lines !== undefined).map(({ name }) => name);
  throw new UsageError(`the configuration has ${details.length === 1 ? 'a problem' : `${details.length} problems`}`, {
    details,
    hints: [...(failure?.hints ?? []), `mend ${files.join(', ')}; .env.example explains every key`],
  });
}

/**
 * @param config the stack's configuration
 * @param name a variable's name, such as the one that a check's `bearer` gives
 * @returns its value: the process's environment, then APP_ENV_FILE
 */
export function variable(config: Config, name: string): string | undefined {
  return config.environment[name] ?? config.appEnv[name];
}
