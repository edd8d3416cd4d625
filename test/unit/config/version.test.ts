import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseVersion } from '../../../scripts/lib/config/version.js';
import { UsageError } from '../../../scripts/lib/errors.js';

function refusal(version: string | undefined): UsageError {
  try {
    parseVersion(version);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`${version} was accepted`);
}

test.each(['v1.2', '1.20', '1.0', 'v2026.05.01', '20260501-1a2b3c', '_x', 'a', '0', 'v1..2', 'x'.repeat(128)])(
  '%s is a version, and stays as it was typed',
  (version) => {
    expect(parseVersion(version)).toBe(version);
  },
);

test.each([undefined, ''])('no version (%j) is told as missing', (version) => {
  expect(refusal(version).message).toBe('version: none was given');
});

test.each([
  'v1.2; rm -rf /',
  '../x',
  '-rf',
  '.hidden',
  'v1/2',
  'v1 2',
  'v1\n',
  '$(id)',
  '`id`',
  'v1:2',
  'v1@sha256',
  "v'1",
  'v"1',
  'vé',
  'v1\0',
])('%j is refused and told as it was typed', (version) => {
  expect(refusal(version).message).toContain(`got ${JSON.stringify(version)}`);
});

test('200 characters are refused by their number, and not repeated', () => {
  expect(refusal('x'.repeat(200)).message).toBe('version: should be at most 128 characters long, got 200');
});

test('a refusal is a usage error (exit code 2) that says what to type', () => {
  for (const version of [undefined, '-rf', 'x'.repeat(200)]) {
    expect(refusal(version).exitCode).toBe(2);
    expect(refusal(version).hints).toEqual(['type, for example: npx zx scripts/deploy.mjs v1.2']);
  }
});

test('whatever is accepted is fit for an image tag, a quoted nginx value and an argument', () => {
  const near = fc.string({ unit: fc.constantFrom(...'aZ09._-/ ;"\'\\$\n{}:@é'), minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(near, (version) => {
      let accepted = true;
      try {
        parseVersion(version);
      } catch {
        accepted = false;
      }
      const fit = [...version].every((character) => /[A-Za-z0-9._-]/.test(character)) && !/^[.-]/.test(version);
      expect(accepted).toBe(fit);
    }),
    { numRuns: 2_000 },
  );
});
