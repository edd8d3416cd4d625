import { inspect } from 'node:util';

/** A secret value. Printing, logging or serialising it gives `[secret]`; only {@link Secret.reveal} gives the value. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** @returns the value itself, for the one place that has to have it */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

/** Shorter values would be found everywhere by accident. */
const SHORTEST_MASKED = 6;

/**
 * Replaces secret values in a text by references to their keys, so that it can be kept or shown.
 *
 * @param text any text
 * @param secrets the secrets by key
 * @returns the text with `${KEY}` in place of each value, longest values first
 */
export function maskSecrets(text: string, secrets: Readonly<Record<string, Secret>>): string {
  const values = Object.entries(secrets)
    .map(([key, secret]) => [key, secret.reveal()] as const)
    .filter(([, value]) => value.length >= SHORTEST_MASKED)
    .sort((a, b) => b[1].length - a[1].length);
  return values.reduce((masked, [key, value]) => masked.replaceAll(value, `\${${key}}`), text);
}
