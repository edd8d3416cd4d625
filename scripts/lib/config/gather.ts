import { SlipwayError, UsageError } from '../errors.js';
import { parseDotenv } from './dotenv-file.js';
import { type Environment, isEnvironment } from './environments.js';
import { readIfThere } from './files.js';
import type { LayerSource, SourceContent } from './layer-source.js';
import { defaultLayer, keys, type Layer, layerKinds, mergeLayers } from './layers.js';

/** Where a configuration is read from. */
export interface Places {
  /** The .env file's absolute path. */
  file: string;
  /** The process's environment. */
  process: Readonly<NodeJS.ProcessEnv>;
  sources: readonly LayerSource[];
  /** Read this environment's layers, whatever SLIPWAY_ENV says, and leave the process's values out: they are no environment's own. */
  only?: Environment;
}

/** Every layer of a configuration, nothing about it checked yet. */
export interface Gathered {
  file: string;
  /** What SLIPWAY_ENV says; undefined when that is no environment, of which nothing can be read then. */
  environment: Environment | undefined;
  /** In their order. */
  layers: Layer[];
  /** Files that are there and cannot be read. */
  problems: string[];
  /** What a source failed with; those behind it were not asked. */
  failure: SlipwayError | undefined;
}

/**
 * Reads every layer. The files of an environment are named after the .env file, whichever that is (`--dotenv FILE`): FILE.staging
 * belongs to FILE as .env.staging does to .env, so that stacks whose files lie in one folder do not read each other's.
 *
 * @throws UsageError when there is no .env file
 */
export async function gatherLayers(places: Places): Promise<Gathered> {
  const { file, only } = places;
  const dotenv = dotenvOf(file);
  const shell: Layer = { kind: 'process', name: 'process environment', values: only ? {} : keysOf(places.process) };
  const said = only ?? mergeLayers([defaultLayer, dotenv, shell]).values.SLIPWAY_ENV;
  if (!isEnvironment(said)) {
    return { file, environment: undefined, layers: [defaultLayer, dotenv, shell], problems: [], failure: undefined };
  }
  const own = readLayer('environment-dotenv', `${file}.${said}`);
  const layers = [defaultLayer, dotenv, ...(typeof own === 'object' ? [own] : []), shell];
  return withSources(places, { file, environment: said, layers, problems: typeof own === 'string' ? [own] : [], failure: undefined });
}

function dotenvOf(file: string): Layer {
  const dotenv = readLayer('dotenv', file);
  if (typeof dotenv === 'string') throw new UsageError(dotenv);
  if (dotenv) return dotenv;
  throw new UsageError(`${file}: there is no such file`, { hints: ['type: npm run setup   (it writes one with strong random secrets)'] });
}

/** @returns a file's layer, or what is wrong with the file in words; undefined when there is none */
function readLayer(kind: Layer['kind'], path: string): Layer | string | undefined {
  const { text, problem } = readIfThere(path);
  if (problem !== undefined) return `${path}: ${problem}`;
  return text === undefined ? undefined : { kind, name: path, ...parseDotenv(text) };
}

/** TZ is set by many shells for other reasons; the files' word counts. */
function keysOf(environment: Readonly<NodeJS.ProcessEnv>): Record<string, string> {
  return Object.fromEntries(keys.flatMap((key) => (environment[key] === undefined || key === 'TZ' ? [] : [[key, environment[key]]])));
}

async function withSources({ sources, process }: Places, before: Gathered & { environment: Environment }): Promise<Gathered> {
  let layers = before.layers;
  const { file, environment } = before;
  for (const source of sources) {
    try {
      const values = Object.assign({}, ...layers.map((layer) => layer.values)) as Record<string, string>;
      const content = await source.read({ file, environment, values, process });
      if (content) layers = inOrder([...layers, layerOf(source, content)]);
    } catch (error) {
      // Anything else is a bug, and not to be told as a problem of somebody's configuration.
      if (!(error instanceof SlipwayError)) throw error;
      return { ...before, layers, failure: error };
    }
  }
  return { ...before, layers };
}

function layerOf({ kind }: LayerSource, content: SourceContent): Layer {
  return 'text' in content ? { kind, name: content.name, ...parseDotenv(content.text) } : { kind, ...content };
}

function inOrder(layers: readonly Layer[]): Layer[] {
  return [...layers].sort((a, b) => layerKinds.indexOf(a.kind) - layerKinds.indexOf(b.kind));
}
