import { maskSecrets, Secret } from './secret.js';

/** How a value may stand in a text that is not only that value. */
const forms = [(value: string) => value, (value: string) => JSON.stringify(value).slice(1, -1), encodeURIComponent];

/**
 * @param secrets the secrets by key
 * @returns a function that takes the secrets out of a text, also where they are part of JSON or of a URL
 */
export function masker(secrets: Readonly<Record<string, Secret>>): (text: string) => string {
  const records = forms.map((form) =>
    Object.fromEntries(Object.entries(secrets).map(([key, one]) => [key, new Secret(form(one.reveal()))])),
  );
  return (text) => records.reduce(maskSecrets, text);
}
