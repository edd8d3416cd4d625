import { expect, test } from 'vitest';
import { builtByKey, devImageKeys, imageKeys, officialByKey, recipeOf } from '../../../scripts/lib/setup/image-choice.js';

test('every image that is built from packages has a recipe, and no official one has', () => {
  const keys = [...imageKeys, ...devImageKeys];
  expect(keys.map((key) => recipeOf(builtByKey[key]))).toEqual(['nginx', 'node', 'postgres', 'redis', 'moto', 'mailcatcher']);
  expect(keys.filter((key) => recipeOf(officialByKey[key]) !== undefined)).toEqual([]);
});
