import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from '../errors.js';
import { type Arguments, type Command, commonFlags } from './command.js';

/**
 * @param argv the process's arguments; `npx zx scripts/x.mjs` and `node scripts/x.mjs` differ in what stands first
 * @param name the command's name, which is also its script's
 * @returns what was typed after the script
 */
export function typedArguments(argv: readonly string[], name: string): string[] {
  const script = argv.findIndex((argument, index) => index > 0 && basename(argument) === `${name}.mjs`);
  return argv.slice(script + 1);
}

/**
 * @param typed what was typed after the script
 * @throws UsageError for unknown flags, flags without their value and too many words
 */
export function parseArguments(typed: readonly string[], name: string, command: Command): Arguments {
  const flags = { ...commonFlags, ...command.flags };
  const end = command.handsOn && typed.includes('--') ? typed.indexOf('--') : typed.length;
  try {
    const { values, positionals } = parseArgs({ args: typed.slice(0, end), options: flags, allowPositionals: true, strict: true });
    if (positionals.length > command.words) {
      throw new UsageError(`${JSON.stringify(positionals[command.words])}: is one word too many`, { hints: hintFor(name) });
    }
    return { values: values as Arguments['values'], words: positionals, rest: typed.slice(end + 1) };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(explain(error as Error & { code?: string }, Object.keys(flags)), { hints: hintFor(name) });
  }
}

function explain(error: Error & { code?: string }, known: readonly string[]): string {
  const flag = /'(--?[^\s'=<]*)/.exec(error.message)?.[1] ?? '';
  if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const near = nearest(flag.replace(/^-+/, ''), known);
    return `${flag}: there is no such flag${near ? `; did you mean --${near}?` : ''}`;
  }
  return error.message.split(/\. |\n/)[0] ?? error.message;
}

function hintFor(name: string): string[] {
  return [`type: npx zx scripts/${name}.mjs --help`];
}

/** @returns the known word that is at most two edits away */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const [best] = known.map((candidate) => ({ candidate, distance: distance(word, candidate) })).sort((a, b) => a.distance - b.distance);
  return best && best.distance <= 2 && best.distance < word.length ? best.candidate : undefined;
}

/** Levenshtein's distance, a row at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
