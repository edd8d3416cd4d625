import { expect, test } from 'vitest';
import { isAtLeast, majorMinor } from '../../../scripts/lib/setup/versions.js';

test('versions are read in the forms that Debian and Docker print', () => {
  expect(majorMinor('26.1.5+dfsg1')).toEqual([26, 1]);
  expect(majorMinor('v2.26.1-4\n')).toEqual([2, 26]);
  expect(majorMinor('dev')).toBeUndefined();
});

test('numbers are compared as numbers', () => {
  expect(isAtLeast('2.9.0', [2, 24])).toBe(false);
  expect(isAtLeast('2.24.0', [2, 24])).toBe(true);
  expect(isAtLeast('5.0.1', [2, 24])).toBe(true);
  expect(isAtLeast('20.10.24', [25, 0])).toBe(false);
});

test('no version, or one that cannot be read, is never new enough', () => {
  expect(isAtLeast(undefined, [25, 0])).toBe(false);
  expect(isAtLeast('dev', [25, 0])).toBe(false);
});
