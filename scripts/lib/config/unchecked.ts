import { existsSync, readFileSync } from 'node:fs';
import { parseDotenv } from './dotenv-file.js';
import { dotenvPath } from './load.js';
import { schema } from './schema.js';

/** What stands in the settings, before anything of it is checked. */
export interface Unchecked {
  /** The .env file's absolute path; it may be missing. */
  file: string;
  /** The text of each key that is set somewhere. */
  text: Readonly<Record<string, string | undefined>>;
  /** The process's environment, for the programs that are started. */
  environment: Readonly<NodeJS.ProcessEnv>;
}

/**
 * Reads settings for what is typed before they are whole: a command that makes secrets cannot ask for them.
 *
 * @param dotenv the path that --dotenv gave, or undefined for the project's `.env`
 * @param environment the process's environment, which wins
 */
export function loadUnchecked(dotenv?: string, environment: NodeJS.ProcessEnv = process.env): Unchecked {
  const file = dotenvPath(dotenv);
  const { values } = parseDotenv(existsSync(file) ? readFileSync(file, 'utf8') : '');
  const own = Object.keys(schema.shape).map((key) => [key, environment[key] ?? values[key]] as const);
  return { file, text: Object.fromEntries(own), environment };
}
