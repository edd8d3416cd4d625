import { UsageError } from '../../errors.js';
import type { Environment } from '../environments.js';
import { type Gathered, gatherLayers, type Places } from '../gather.js';
import { keys, type LayerKind, type Merged, mergeLayers } from '../layers.js';
import { nearest } from '../nearest.js';
import { isSecretKey, type Key } from '../schema.js';

/** What stands in the place of a secret. */
const MASK = '[secret]';

/** One key's value and where it is from. */
export interface ShownValue {
  key: Key;
  /** Raw text; of a secret only whether there is one. null: no layer sets it. */
  value: string | null;
  secret: boolean;
  layer: LayerKind | null;
  /** A file's path, a provider's name. */
  source: string | null;
  /** In a file (1-based). */
  line: number | null;
}

export interface Shown {
  file: string;
  /** null: SLIPWAY_ENV says none that there is. */
  environment: Environment | null;
  values: ShownValue[];
}

/**
 * Tells what holds, and which layer said it. Whether it is any good is not looked at.
 *
 * @param wanted the keys to show; none: all
 * @throws UsageError for a key that there is not, or without a .env file; SlipwayError when a source could not be read
 */
export async function showConfig(places: Places, wanted: readonly string[]): Promise<Shown> {
  assertKnown(wanted);
  const { file, environment = null, layers } = await readAll(places);
  const shown = keys.filter((key) => wanted.length === 0 || wanted.includes(key));
  const merged = mergeLayers(layers);
  return { file, environment, values: shown.map((key) => shownValue(merged, key)) };
}

/** What holds without a layer that should have been there would be a lie. */
async function readAll(places: Places): Promise<Gathered> {
  const gathered = await gatherLayers(places);
  if (gathered.failure) throw gathered.failure;
  return gathered;
}

function shownValue({ values, origins }: Merged, key: Key): ShownValue {
  const { layer = null, name = null, line = null } = origins[key] ?? {};
  return { key, value: masked(key, values[key]) ?? null, secret: isSecretKey(key), layer, source: name, line };
}

/** @returns a value as it may be shown; an empty secret is none */
export function masked(key: Key, value: string | undefined): string | undefined {
  return value && isSecretKey(key) ? MASK : value;
}

function assertKnown(wanted: readonly string[]): void {
  const problems = wanted
    .filter((word) => !(keys as readonly string[]).includes(word))
    .map((word) => ({ word, near: nearest(word.toUpperCase(), keys) }))
    .map(({ word, near }) => `${JSON.stringify(word)}: there is no such key${near ? `; did you mean ${near}?` : ''}`);
  const [first] = problems;
  if (first === undefined) return;
  const hints = ['.env.example has every key'];
  throw problems.length === 1 ? new UsageError(first, { hints }) : new UsageError('there are no such keys', { details: problems, hints });
}
