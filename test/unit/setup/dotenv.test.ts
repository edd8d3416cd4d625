import { expect, test } from 'vitest';
import { requiredSecretKeys } from '../../../scripts/lib/config/schema.js';
import { newSecrets } from '../../../scripts/lib/setup/dotenv.js';
import { builtByKey, devImageKeys, imageKeys, officialByKey, recipeOf } from '../../../scripts/lib/setup/image-choice.js';

test('every secret gets URL-safe characters: passwords 32, SECRET_KEY 64', () => {
  const secrets = newSecrets();
  expect(Object.keys(secrets).sort()).toEqual([...requiredSecretKeys].sort());
  for (const [key, value] of Object.entries(secrets)) expect(value).toMatch(key === 'SECRET_KEY' ? /^[\w-]{64}$/ : /^[\w-]{32}$/);
});

test('no two secrets are the same', () => {
  const values = [...Object.values(newSecrets()), ...Object.values(newSecrets())];
  expect(new Set(values).size).toBe(values.length);
});

test('every image that is built from packages has a recipe, and no official one has', () => {
  const keys = [...imageKeys, ...devImageKeys];
  expect(keys.map((key) => recipeOf(builtByKey[key]))).toEqual(['nginx', 'node', 'postgres', 'redis', 'moto', 'mailcatcher']);
  expect(keys.filter((key) => recipeOf(officialByKey[key]) !== undefined)).toEqual([]);
});
