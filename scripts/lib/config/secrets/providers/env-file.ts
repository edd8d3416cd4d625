import { resolve } from 'node:path';
import { parseDotenv } from '../../dotenv-file.js';
import { assertDotenv, readEncryptedEnv } from '../encrypted-env.js';
import { asText, readSmallFile } from '../read-file.js';
import { fieldsOf, type SecretProvider } from './provider.js';

/**
 * @param file a plain .env file
 * @param wanted the keys to take, each of which has to be there; none: all
 */
export function envFile(file: string, wanted: readonly string[] = []): SecretProvider {
  const path = resolve(file);
  return { name: `file ${path}`, read: async () => valuesOf(asText(await readSmallFile(path), path), path, wanted) };
}

/**
 * @param file a .env file that age has encrypted
 * @param identities age identities; one that it was encrypted for is enough
 * @param wanted the keys to take, each of which has to be there; none: all
 */
export function ageFile(file: string, identities: readonly string[], wanted: readonly string[] = []): SecretProvider {
  const path = resolve(file);
  return { name: `age ${path}`, read: async () => valuesOf(await readEncryptedEnv(path, identities), path, wanted) };
}

function valuesOf(text: string, path: string, wanted: readonly string[]): Record<string, string> {
  assertDotenv(text, path);
  return fieldsOf(path, parseDotenv(text).values, wanted);
}
