import { readFileSync } from 'node:fs';
import { requiredSecretKeys } from '../../config/schema.js';
import { dotenvLines, randomSecrets, withoutValue } from '../../config/secrets/random.js';
import { readSmallFile } from '../../config/secrets/read-file.js';
import { replaceFile } from '../../config/secrets/write-file.js';
import { loadUnchecked } from '../../config/unchecked.js';
import { withValues } from '../../setup/dotenv-text.js';
import { numberOf, type SecretsAction, textOf } from './action.js';

/** Prints random values as lines of a .env file, or fills those in that a .env file lacks. */
export const generate: SecretsAction = async (given, output) => {
  const bytes = numberOf(given, 'bytes');
  const values = randomSecrets(given.words, bytes);
  if (given.values.write !== true) {
    if (!output.json) process.stdout.write(dotenvLines(values));
    return { result: values };
  }
  const { file } = loadUnchecked(textOf(given, 'dotenv'));
  await readSmallFile(file);
  const text = readFileSync(file, 'utf8');
  const keys = given.words.length > 0 ? given.words : [...requiredSecretKeys];
  const missing = withoutValue(text, keys);
  if (missing.length > 0) {
    await replaceFile(file, withValues(text, Object.fromEntries(missing.map((key) => [key, values[key] ?? '']))), 0o600);
  }
  for (const key of keys) output.line(missing.includes(key) ? `${key}: written into ${file}` : `${key}: has a value already, which stays`);
  return { result: { file, written: missing, kept: keys.filter((key) => !missing.includes(key)) } };
};
