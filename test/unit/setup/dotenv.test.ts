import { expect, test } from 'vitest';
import { builtImages, imageKeys, officialImages, recipeOf } from '../../../scripts/lib/setup/image-choice.js';

test('every image that is built from packages has a recipe, and no official one has', () => {
  expect(imageKeys.map((key) => recipeOf(builtImages[key]))).toEqual(['nginx', 'node', 'postgres', 'redis']);
  expect(imageKeys.map((key) => recipeOf(officialImages[key]))).toEqual([undefined, undefined, undefined, undefined]);
});
