import { acrossKeys } from './across-keys.js';
import { readAppEnv } from './app-env.js';
import { isStrict } from './environments.js';
import type { Gathered } from './gather.js';
import { keys, type Layer, type Merged, mergeLayers, originIn, type Problem, placeOf, problemIn } from './layers.js';
import { isSecretKey, requiredSecretKeys, type Settings, schemaFor } from './schema.js';
import { weaknessOf } from './strength.js';
import { nearMisses } from './unknown-keys.js';

/** All that can be said of a configuration without an engine. */
export interface Examined {
  merged: Merged;
  /** Undefined when a key has a problem. */
  settings: Settings | undefined;
  /** The app's own variables. */
  appEnv: Record<string, string>;
  /** Every problem, a line each, with its key or its line, and where that is from. */
  problems: string[];
  /** Keys that are nearly known ones, a line each. */
  nearMisses: string[];
}

/**
 * Looks at every layer and at what holds in the end.
 *
 * @param gathered what was read; when a source failed, what is missing may be there, so it is not told
 */
export function examine({ layers, problems, failure }: Gathered): Examined {
  const merged = mergeLayers(layers);
  const { settings, found } = checkKeys(merged);
  const appEnv = readAppEnv(merged.values.APP_ENV_FILE);
  const say = (problem: Problem) => problemIn(merged, problem);
  return {
    merged,
    settings,
    appEnv: appEnv.values,
    problems: [
      ...problems,
      ...layers.flatMap(({ name, strayLines = [] }) => strayLines.map((line) => `${placeOf({ name, line })}: should be KEY=value`)),
      ...layers.flatMap((layer) => misplaced(layer, merged)),
      ...found.filter(({ key }) => failure === undefined || merged.values[key] !== undefined).map(say),
      ...(appEnv.problem ? [say({ key: 'APP_ENV_FILE', text: appEnv.problem })] : []),
      ...appEnv.lineProblems,
      ...acrossKeys(merged.values).map(say),
    ],
    nearMisses: nearMisses(layers),
  };
}

function checkKeys({ values }: Merged): { settings: Settings | undefined; found: Problem[] } {
  const result = schemaFor(values.SLIPWAY_ENV).safeParse(values);
  const issues = result.error?.issues.map(({ path, message }) => ({ key: path[0] as keyof Settings, message })) ?? [];
  const found = issues.map(({ key, message }) => ({ key, text: inWords(key, message, values[key]) }));
  const unfit = keys.filter((key) => values[key]?.includes('\0')).map((key) => ({ key, text: 'should have no NUL character' }));
  const isFine = (key: keyof Settings) => !issues.some((issue) => issue.key === key);
  const weak = isStrict(values.SLIPWAY_ENV) ? requiredSecretKeys.filter(isFine).flatMap((key) => weaknessIn(key, values[key])) : [];
  return { settings: result.data, found: [...found, ...weak, ...unfit] };
}

function weaknessIn(key: (typeof requiredSecretKeys)[number], value = ''): Problem[] {
  const text = weaknessOf(value);
  return text === undefined ? [] : [{ key, text: `${text}, got ${value.length} characters` }];
}

function inWords(key: keyof Settings, message: string, value: string | undefined): string {
  if (value === undefined) return 'is missing';
  return isSecretKey(key) ? `${message}, got ${value.length} characters` : `${message}, got ${JSON.stringify(value)}`;
}

/** Which files are read depends on it: what they say of it themselves comes too late. */
function misplaced(layer: Layer, { values: { SLIPWAY_ENV } }: Merged): string[] {
  const own = layer.values.SLIPWAY_ENV;
  if (own === undefined || own === SLIPWAY_ENV || layer.kind === 'default' || layer.kind === 'dotenv') return [];
  const place = placeOf(originIn(layer, 'SLIPWAY_ENV'));
  const where = `should be set in .env or in the process's environment, where it is ${SLIPWAY_ENV}`;
  return [`SLIPWAY_ENV: ${where}, got ${JSON.stringify(own)} (${place})`];
}
