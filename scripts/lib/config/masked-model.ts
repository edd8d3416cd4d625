import type { ComposeSpecification } from 'docker-compose';
import { parse } from 'yaml';
import { composeYaml } from './release-model.js';
import { maskSecrets, Secret } from './secret.js';

/**
 * Makes of a resolved model one that can be kept: values of variables that may be secret stand in it as references, which
 * Compose replaces by the values of the day when it reads the model again.
 *
 * @param yaml what `docker compose config` printed: its dollar signs are doubled
 * @param secrets the configuration's secrets
 * @param appEnv the app's own variables; nobody says which of them are secret
 */
export function maskedModel(yaml: string, secrets: Readonly<Record<string, Secret>>, appEnv: Readonly<Record<string, string>>): string {
  const values = { ...secrets, ...Object.fromEntries(Object.entries(appEnv).map(([key, value]) => [key, new Secret(value)])) };
  const doubled = Object.fromEntries(
    Object.entries(values).map(([key, secret]) => [key, new Secret(secret.reveal().replaceAll('$', '$$$$'))]),
  );
  return composeYaml(inTexts(parse(yaml), (text) => maskSecrets(text, doubled)) as ComposeSpecification);
}

/** Changes every text of a document; keys stay. */
function inTexts(node: unknown, change: (text: string) => string): unknown {
  if (typeof node === 'string') return change(node);
  if (Array.isArray(node)) return node.map((one) => inTexts(one, change));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, inTexts(value, change)]));
}
