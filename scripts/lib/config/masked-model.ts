import type { ComposeSpecification } from 'docker-compose';
import { parse } from 'yaml';
import { composeYaml } from './release-model.js';
import { maskSecrets, Secret } from './secret.js';

/** Where the values of variables may stand that nobody is to see; names, images and routes decide what a release is, and stay. */
const PLACES = ['environment', 'command', 'entrypoint', 'healthcheck', 'labels'];
/** Of an x-slipway block: commands. */
const BLOCK_PLACES = ['migrate', 'release', 'once', 'jobs'];
const SECRET_NAME = /PASS|SECRET|TOKEN|KEY|CREDENTIAL|PRIVATE|AUTH/;

/** @returns the variables of an environment whose names say that they are secret */
export function secretsOf(environment: Readonly<NodeJS.ProcessEnv>): Record<string, string> {
  const secret = Object.entries(environment).filter(([key, value]) => SECRET_NAME.test(key) && value !== undefined);
  return Object.fromEntries(secret) as Record<string, string>;
}

/**
 * Makes of a resolved model one that can be kept: values of variables that may be secret stand in it as references.
 *
 * @param yaml what `docker compose config` printed: its dollar signs are doubled
 * @param values the variables, by name
 */
export function maskedModel(yaml: string, values: Readonly<Record<string, string>>): string {
  const model = parse(yaml) as Model;
  const doubled = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, new Secret(value.replaceAll('$', '$$$$'))]));
  const mask = (text: string) => maskSecrets(text, doubled);
  for (const service of Object.values(model.services ?? {})) {
    inPlaces(service, PLACES, mask);
    inPlaces(service['x-slipway'] ?? {}, BLOCK_PLACES, mask);
  }
  for (const config of Object.values(model.configs ?? {})) inPlaces(config, ['content'], mask);
  return composeYaml(model as ComposeSpecification);
}

/**
 * Puts the values of today in place of the references of {@link maskedModel}.
 *
 * @returns the model as Compose would have printed it, and the names that have no value
 */
export function unmaskedModel(yaml: string, values: Readonly<Record<string, string>>): { yaml: string; missing: string[] } {
  const missing = new Set<string>();
  // Two dollar signs are one that is meant as such; a reference has an odd one before its brace.
  const unmask = (text: string) =>
    text.replace(/(?<!\$)((?:\$\$)*)\$\{(\w+)\}/g, (_, signs: string, key: string) => {
      const value = values[key];
      if (value === undefined) missing.add(key);
      return signs + (value ?? '').replaceAll('$', '$$$$');
    });
  const model = inTexts(parse(yaml), unmask) as ComposeSpecification;
  return { yaml: composeYaml(model), missing: [...missing].sort() };
}

interface Model {
  services?: Record<string, Record<string, unknown> & { 'x-slipway'?: Record<string, unknown> }>;
  configs?: Record<string, Record<string, unknown>>;
}

function inPlaces(node: Record<string, unknown>, places: readonly string[], change: (text: string) => string): void {
  for (const place of places) if (node[place] !== undefined) node[place] = inTexts(node[place], change);
}

/** Changes every text of a document; keys stay. */
function inTexts(node: unknown, change: (text: string) => string): unknown {
  if (typeof node === 'string') return change(node);
  if (Array.isArray(node)) return node.map((one) => inTexts(one, change));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, inTexts(value, change)]));
}
