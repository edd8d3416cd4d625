import { randomBytes } from 'node:crypto';
import { UsageError } from '../../errors.js';
import { parseDotenv, quoteDotenv } from '../dotenv-file.js';
import { optionalSecretKeys, requiredSecretKeys } from '../schema.js';

/** 192 bits for passwords, 384 for what signs. */
const BYTES = 24;
const SIGNING_BYTES = 48;
const [LEAST_BYTES, MOST_BYTES] = [16, 1_024];

/**
 * @param keys the keys that get one; none: those that every stack needs
 * @param bytes how many random bytes each has; by default 24, and 48 for SECRET_KEY
 * @returns values of URL-safe characters (base64url), by key
 * @throws UsageError for names that are none, keys whose values others hand out, and too few or too many bytes
 */
export function randomSecrets(keys: readonly string[], bytes?: number): Record<string, string> {
  const problems = [...keys.flatMap(problemOf), ...(bytes === undefined ? [] : problemOfBytes(bytes))];
  if (problems.length > 0) {
    const [first = '', ...more] = problems;
    throw new UsageError(first, { details: more, hints: ['type: npx zx scripts/secrets.mjs generate [KEY…] [--bytes 24]'] });
  }
  const wanted = keys.length > 0 ? keys : requiredSecretKeys;
  const length = (key: string) => bytes ?? (key === 'SECRET_KEY' ? SIGNING_BYTES : BYTES);
  return Object.fromEntries(wanted.map((key) => [key, randomBytes(length(key)).toString('base64url')]));
}

function problemOf(key: string): string[] {
  if (!/^[A-Z_][A-Z0-9_]*$/.test(key)) return [`${JSON.stringify(key)}: should be a key such as SECRET_KEY`];
  if (key.endsWith('AGE_IDENTITY')) return [`${key}: is no random value; secrets.mjs keygen makes one`];
  if ((optionalSecretKeys as readonly string[]).includes(key)) return [`${key}: is no random value; whoever it belongs to hands it out`];
  return [];
}

function problemOfBytes(bytes: number): string[] {
  const fits = Number.isInteger(bytes) && bytes >= LEAST_BYTES && bytes <= MOST_BYTES;
  return fits ? [] : [`--bytes: should be a whole number from ${LEAST_BYTES} to ${MOST_BYTES}`];
}

/** @returns the values as lines of a .env file */
export function dotenvLines(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}=${quoteDotenv(value)}\n`)
    .join('');
}

/**
 * @param text the content of a .env file
 * @returns which of the keys have no value there yet
 */
export function withoutValue(text: string, keys: readonly string[]): string[] {
  const { values } = parseDotenv(text);
  return keys.filter((key) => !Object.hasOwn(values, key) || values[key] === '');
}
