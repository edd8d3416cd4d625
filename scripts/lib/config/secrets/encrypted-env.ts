import { UsageError } from '../../errors.js';
import { parseDotenv } from '../dotenv-file.js';
import { unseal } from './age/seal.js';
import { asText, readSmallFile } from './read-file.js';

/**
 * @param file an encrypted .env file
 * @param identities age identities; one that it was encrypted for is enough
 * @returns the text of the .env file, which was nowhere but in memory
 * @throws UsageError in one line: no such file, no identity, none of the right ones, damaged, not of age's making
 */
export async function readEncryptedEnv(file: string, identities: readonly string[]): Promise<string> {
  return asText(await unseal(await readSmallFile(file), identities, file), file);
}

/**
 * @param text what should be the text of a .env file
 * @param where it stands, for the messages
 * @returns what is wrong with it, a line each; no value is in them
 */
export function dotenvProblems(text: string, where: string): string[] {
  return parseDotenv(text).strayLines.map((line) => `${where}:${line}: should be KEY=value`);
}

/** @throws UsageError listing every line that is no assignment */
export function assertDotenv(text: string, where: string): void {
  const problems = dotenvProblems(text, where);
  if (problems.length > 0) throw new UsageError(`${where}: is no .env file`, { details: problems });
}
