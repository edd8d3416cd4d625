import { expect, test } from 'vitest';
import { masker } from '../../../scripts/lib/config/masker.js';
import { Secret } from '../../../scripts/lib/config/secret.js';

test('secrets are taken out of a text as they are, and as parts of JSON and of URLs', () => {
  const mask = masker({ PASSWORD: new Secret('p"ss w\\rd/1'), EMPTY: new Secret('') });
  const value = 'p"ss w\\rd/1';
  expect(mask(`${value} ${JSON.stringify({ value })} https://x/?p=${encodeURIComponent(value)}`)).toBe(
    `\${PASSWORD} {"value":"\${PASSWORD}"} https://x/?p=\${PASSWORD}`,
  );
});
