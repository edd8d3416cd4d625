import { expect, test } from 'vitest';
import { parseShares } from '../../../scripts/lib/config/canary-shares.js';
import { UsageError } from '../../../scripts/lib/errors.js';

test.each([
  ['5', [5]],
  ['5,25,50', [5, 25, 50]],
  ['1, 99', [1, 99]],
])('--canary %s', (text, shares) => {
  expect(parseShares(text)).toEqual(shares);
});

test.each(['', '0', '100', '5,5', '50,25', '5%', '2.5', '5,', '5;25', 'all', '-5', '05'])(
  '--canary "%s" is refused, with an example',
  (text) => {
    expect(() => parseShares(text)).toThrow(UsageError);
    expect(() => parseShares(text)).toThrow(`--canary: should be rising percentages from 1 to 99 such as 5,25,50, got "${text}"`);
  },
);
