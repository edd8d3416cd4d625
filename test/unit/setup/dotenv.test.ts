import { expect, test } from 'vitest';
import { requiredSecretKeys } from '../../../scripts/lib/config/schema.js';
import { newSecrets } from '../../../scripts/lib/setup/dotenv.js';
import { builtImages, imageKeys, officialImages, recipeOf } from '../../../scripts/lib/setup/image-choice.js';

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
  expect(imageKeys.map((key) => recipeOf(builtImages[key]))).toEqual(['nginx', 'node', 'postgres', 'redis']);
  expect(imageKeys.map((key) => recipeOf(officialImages[key]))).toEqual([undefined, undefined, undefined, undefined]);
});
