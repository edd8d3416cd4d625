import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { nearest } from '../config/nearest.js';
import { UsageError } from '../errors.js';
import { type Arguments, type Command, commonFlags, type Flags } from './command.js';

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
    throw new UsageError(explain(error as Error & { code?: string }, own, flags), { hints });
  }
}

/** @returns what stands before the first "--" and what stands behind it; undefined when there is none */
function split(typed: readonly string[]): [readonly string[], readonly string[] | undefined] {
  const at = typed.indexOf('--');
  return at < 0 ? [typed, undefined] : [typed.slice(0, at), typed.slice(at + 1)];
}

function explain(error: Error & { code?: string }, typed: readonly string[], flags: Flags): string {
  if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const flag = unknownFlag(typed, flags);
    const near = nearest(flag.replace(/^-+/, ''), Object.keys(flags));
    return `${/^-[\w-]+$/.test(flag) ? flag : JSON.stringify(flag)}: there is no such flag${near ? `; did you mean --${near}?` : ''}`;
  }
  return error.message.split(/\. |\n/)[0] ?? error.message;
}

/** @returns the first flag that there is not, as it was typed */
function unknownFlag(typed: readonly string[], flags: Flags): string {
  const { tokens } = parseArgs({ args: [...typed], options: flags, allowPositionals: true, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind !== 'option' || Object.hasOwn(flags, token.name)) continue;
    // Node takes `-😀` for two short flags, of which each is half a character.
    return (/\p{Cs}/u.test(token.rawName) ? typed[token.index] : undefined) ?? token.rawName;
  }
  return '';
}

function hintFor(name: string): string[] {
  return [`type: npx zx scripts/${name}.mjs --help`];
}
