import type { ParseArgsConfig } from 'node:util';
import type { OnInterrupt } from '../deploy/watch.js';
import type { ExitCode } from '../errors.js';
import type { Output } from './output.js';

export type Flags = NonNullable<ParseArgsConfig['options']>;

/** A command's flags and words after parsing. */
export interface Arguments {
  values: Record<string, string | boolean | string[] | undefined>;
  words: string[];
  /** What stands behind `--`, for a command that hands it on to a program; else empty. */
  rest: string[];
}

/** What a command is, for its help and for the one entry in main.ts. */
export interface Command {
  /** One line: what it does. */
  summary: string;
  /** How it is typed, a line each. */
  usage: readonly string[];
  /** Its own flags beside those that every command has, with a line of help each. */
  flags: Flags;
  help: Readonly<Record<string, string>>;
  /** At most this many words. */
  words: number;
  /** What stands behind `--` is handed on to a program, as it is. */
  handsOn?: true;
  /** What to say at once, before anything slow is loaded. */
  opening?: (given: Arguments) => string | undefined;
  /** Until it listens by `onInterrupt`, Ctrl-C ends it at once, with exit code 130. */
  interruptible?: true;
  /**
   * Does the work. What it returns is the JSON document of --json.
   *
   * @param onInterrupt how to hear of Ctrl-C
   * @returns the result as data, and the exit code (0 when left out)
   */
  run: (given: Arguments, output: Output, onInterrupt: OnInterrupt) => Promise<{ result: unknown; exitCode?: ExitCode }>;
}

/** Flags of every command. */
export const commonFlags = {
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  yes: { type: 'boolean', short: 'y' },
  dotenv: { type: 'string' },
} as const satisfies Flags;

export const commonHelp: Readonly<Record<string, string>> = {
  json: 'one JSON document on stdout, progress on stderr',
  yes: 'answer every question with yes',
  dotenv: 'FILE: another .env file than the project’s',
  help: 'this text',
};
