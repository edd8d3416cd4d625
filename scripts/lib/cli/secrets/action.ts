import type { Arguments } from '../command.js';
import type { Output } from '../output.js';

/**
 * One action of the command secrets.
 *
 * @param given its flags, and the words behind it
 * @returns the document of --json
 */
export type SecretsAction = (given: Arguments, output: Output) => Promise<{ result: unknown }>;

/** Says something to the person where stdout is for what they asked for. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** @returns a flag's text; undefined when it was not given */
export function textOf({ values }: Arguments, flag: string): string | undefined {
  return values[flag] as string | undefined;
}

/** @returns a flag's whole number; NaN for what is none, undefined when it was not given */
export function numberOf(given: Arguments, flag: string): number | undefined {
  const text = textOf(given, flag);
  if (text === undefined) return undefined;
  return /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
}
