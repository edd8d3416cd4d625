import { expect, test } from 'vitest';
import { parseDotenv } from '../../../scripts/lib/config/dotenv-file.js';
import { withValues } from '../../../scripts/lib/setup/dotenv-text.js';

test('a value is changed in its place, and everything else stays as it is', () => {
  const text = '# images\nexport NGINX_IMAGE="nginx:1.30" # official\n\nFOO=\'a b\'\n';
  expect(withValues(text, { NGINX_IMAGE: 'slipway/nginx:1.30' })).toBe("# images\nNGINX_IMAGE=slipway/nginx:1.30\n\nFOO='a b'\n");
});

test('a key that is not there is added at the end', () => {
  expect(withValues('A=1', { B: '2' })).toBe('A=1\nB=2\n');
  expect(withValues('# B=1\nXB=1\n', { B: '2' })).toBe('# B=1\nXB=1\nB=2\n');
});

test('a text that has the value already comes back unchanged', () => {
  const text = 'A = "1"   # as it is\n';
  expect(withValues(text, { A: '1' })).toBe(text);
});

test('values with signs that have a meaning read back as they were', () => {
  const value = 'p#a$$w0rd $& "x"';
  expect(parseDotenv(withValues('A=old\n', { A: value })).values.A).toBe(value);
});
