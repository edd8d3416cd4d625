import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../../scripts/lib/cli/arguments.js';
import { type Command, commonFlags } from '../../../scripts/lib/cli/command.js';
import { projectRoot } from '../../../scripts/lib/config/root.js';
import { UsageError } from '../../../scripts/lib/errors.js';

const RUNS = { numRuns: 5_000 };
const folder = join(projectRoot, 'scripts/lib/cli/commands');
const names = readdirSync(folder).map((file) => file.replace(/\.ts$/, ''));

const junk = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'abz09-=\'"`$#@:;,./\\ \t\n€é😀<>[]{}()|&'), maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
);

/** One argument as a hand that slips types it. */
function argument(flags: readonly string[]): fc.Arbitrary<string> {
  const flag = fc.constantFrom(...flags);
  return fc.oneof(
    flag.map((name) => `--${name}`),
    fc.tuple(flag, junk).map(([name, value]) => `--${name}=${value}`),
    fc.tuple(flag, fc.nat(8), junk).map(([name, at, extra]) => `--${name.slice(0, at)}${extra}${name.slice(at + 1)}`),
    fc.constantFrom('-', '--', '---', '--=', '-h', '-y', '-hy', '-hx', '-=', '--no-json', '--__proto__', '--constructor', 'v1.2', 'status'),
    junk.map((text) => `-${text}`),
    junk.map((text) => `--${text}`),
    junk,
  );
}

/** @returns whether a message has one of the arguments in it, or the flag of one: `--x` of `--x=y`, `-x` or `-y` of `-xy` */
function namesOneOf(typed: readonly string[], message: string): boolean {
  const isNamed = (text: string) => message.includes(text) || message.includes(JSON.stringify(text));
  const flagsOf = (text: string) =>
    text.startsWith('--') ? [text.split('=')[0] as string] : [...text.slice(1)].map((letter) => `-${letter}`);
  return typed.some((text) => isNamed(text) || (text.startsWith('-') && flagsOf(text).some(isNamed)));
}

describe.each(names)('whatever is typed behind %s', (name) => {
  test('is taken, or refused with the flag or the word that is wrong', async () => {
    const { command } = (await import(/* @vite-ignore */ join(folder, `${name}.ts`))) as { command: Command };
    const flags = [...Object.keys(commonFlags), ...Object.keys(command.flags)];
    fc.assert(
      fc.property(fc.array(argument(flags), { maxLength: 6 }), (typed) => {
        try {
          const { values, words } = parseArguments(typed, name, command);
          expect(Object.keys(values).filter((flag) => !flags.includes(flag))).toEqual([]);
          expect(words.filter((word) => !typed.includes(word))).toEqual([]);
        } catch (error) {
          if (!(error instanceof UsageError)) throw error;
          expect(error.exitCode).toBe(2);
          expect(error.message).not.toContain('\n');
          expect(namesOneOf(typed, error.message), `${error.message}, of ${JSON.stringify(typed)}`).toBe(true);
        }
      }),
      RUNS,
    );
  });
});
