import { UsageError } from '../../errors.js';
import { type Environment, environments, isEnvironment } from '../environments.js';
import { gatherLayers, type Places } from '../gather.js';
import { keys, type Layer, type Merged, mergeLayers } from '../layers.js';
import { isSecretKey, type Key } from '../schema.js';
import { masked } from './show.js';

/** A key that two environments have different values of. */
export interface Difference {
  key: Key;
  secret: boolean;
  /** Raw text, in the order of the environments; of secrets only whether there is one. null: none. */
  values: [string | null, string | null];
}

export interface ConfigDiff {
  file: string;
  environments: [Environment, Environment];
  differences: Difference[];
  /** Environments that have no layer of their own: what .env says holds for them. */
  bare: Environment[];
}

/**
 * Compares what two environments have here. The process's environment is left out: it is that of whoever asks, the same for both.
 *
 * @param named the two environments, as they were typed
 * @throws UsageError for other words, or without a .env file; SlipwayError when a source could not be read
 */
export async function diffConfigs(places: Places, named: readonly string[]): Promise<ConfigDiff> {
  const [one, other] = twoOf(named);
  const layers = [await layersOf(places, one), await layersOf(places, other)] as const;
  const bare = [one, other].filter((_, index) => !layers[index]?.some(({ kind }) => isOwn(kind)));
  const found = differences(mergeLayers(layers[0]), mergeLayers(layers[1]));
  return { file: places.file, environments: [one, other], differences: found, bare };
}

/** @returns the keys whose values differ; pure */
export function differences(one: Merged, other: Merged): Difference[] {
  return keys
    .filter((key) => key !== 'SLIPWAY_ENV' && one.values[key] !== other.values[key])
    .map((key) => ({
      key,
      secret: isSecretKey(key),
      values: [masked(key, one.values[key]) ?? null, masked(key, other.values[key]) ?? null],
    }));
}

async function layersOf(places: Places, only: Environment): Promise<Layer[]> {
  const { layers, problems, failure } = await gatherLayers({ ...places, only });
  if (failure) throw failure;
  const [problem] = problems;
  if (problem !== undefined) throw new UsageError(problem);
  return layers;
}

function isOwn(kind: Layer['kind']): boolean {
  return kind === 'environment-dotenv' || kind === 'encrypted' || kind === 'provider';
}

function twoOf(named: readonly string[]): [Environment, Environment] {
  const hints = ['type: npx zx scripts/config.mjs diff staging production'];
  const stranger = named.find((word) => !isEnvironment(word));
  if (stranger !== undefined) {
    throw new UsageError(`${JSON.stringify(stranger)}: is no environment; there are ${environments.join(', ')}`, { hints });
  }
  const [one, other, extra] = named as Environment[];
  if (extra !== undefined) throw new UsageError(`${JSON.stringify(extra)}: is one word too many`, { hints });
  if (one === undefined || other === undefined) throw new UsageError('two environments are to be named', { hints });
  return [one, other];
}
