import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { nearest } from '../config/nearest.js';
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
  const [own, rest] = command.rest === undefined ? [typed, undefined] : split(typed);
  // What is not behind "--" and looks like a program's argument was most likely meant for the program.
  const hints = command.rest === undefined ? hintFor(name) : [`type: npx zx scripts/${name}.mjs ${command.rest}`, ...hintFor(name)];
  try {
    const { values, positionals } = parseArgs({ args: [...own], options: flags, allowPositionals: true, strict: true });
    if (positionals.length > command.words) {
      throw new UsageError(`${JSON.stringify(positionals[command.words])}: is one word too many`, { hints });
    }
    return { values: values as Arguments['values'], words: positionals, rest };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(explain(error as Error & { code?: string }, Object.keys(flags)), { hints });
  }
}

/** @returns what stands before the first "--" and what stands behind it; undefined when there is none */
function split(typed: readonly string[]): [readonly string[], readonly string[] | undefined] {
  const at = typed.indexOf('--');
  return at < 0 ? [typed, undefined] : [typed.slice(0, at), typed.slice(at + 1)];
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
