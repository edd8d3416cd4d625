import type { Dotenv } from './dotenv-file.js';
import { defaults, type Key, schema } from './schema.js';

/** Where values come from, in their order: what a later kind says wins. */
export const layerKinds = ['default', 'dotenv', 'environment-dotenv', 'encrypted', 'process', 'provider'] as const;
export type LayerKind = (typeof layerKinds)[number];

/** One place that values come from, and what it says. */
export interface Layer {
  kind: LayerKind;
  /** As a person is told of it: a file's absolute path, or a provider's name. */
  name: string;
  values: Readonly<Record<string, string>>;
  /** Of a file: where each key stands in it (1-based). */
  lines?: Dotenv['lines'];
  /** Of a file: its lines that are no assignments. */
  strayLines?: readonly number[];
}

/** Where the value of a key comes from. */
export interface Origin {
  layer: LayerKind;
  name: string;
  /** Of a file (1-based). */
  line?: number;
}

/** What is wrong with a key's value. */
export interface Problem {
  key: Key;
  text: string;
}

/** What holds, after every layer has had its say. */
export interface Merged {
  /** Raw text; a key that no layer sets is missing. */
  values: Partial<Record<Key, string>>;
  origins: Partial<Record<Key, Origin>>;
}

export const keys = Object.keys(schema.shape) as Key[];

export const defaultLayer: Layer = { kind: 'default', name: 'default', values: defaults };

/** These alone say which environment it is; for the others it is known already when they are read. */
const sayEnvironment: readonly LayerKind[] = ['default', 'dotenv', 'process'];

/**
 * @param layers in their order
 * @returns for each key of the schema what the last layer says that says anything, an empty text included; pure
 */
export function mergeLayers(layers: readonly Layer[]): Merged {
  const merged: Merged = { values: {}, origins: {} };
  for (const key of keys) {
    const heard = key === 'SLIPWAY_ENV' ? layers.filter(({ kind }) => sayEnvironment.includes(kind)) : layers;
    const layer = heard.findLast(({ values }) => Object.hasOwn(values, key));
    if (!layer) continue;
    merged.values[key] = layer.values[key] as string;
    merged.origins[key] = originIn(layer, key);
  }
  return merged;
}

/** @returns where a layer has a key */
export function originIn({ kind, name, lines }: Layer, key: string): Origin {
  const line = lines?.get(key);
  return { layer: kind, name, ...(line === undefined ? {} : { line }) };
}

/** @returns a place in words: `/srv/shop/.env:12`, `process environment` */
export function placeOf({ name, line }: Pick<Origin, 'name' | 'line'>): string {
  return line === undefined ? name : `${name}:${line}`;
}

/** @returns a problem with a key in words, and where its value is from; nothing of that where nobody has set one */
export function problemIn({ origins }: Merged, { key, text }: Problem): string {
  const origin = origins[key];
  return `${key}: ${text}${origin === undefined || origin.layer === 'default' ? '' : ` (${placeOf(origin)})`}`;
}
