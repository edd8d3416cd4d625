import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../scripts/lib/config/load.js';
import { projectRoot } from '../../../scripts/lib/config/root.js';
import { requiredSecretKeys } from '../../../scripts/lib/config/schema.js';
import { randomSecrets } from '../../../scripts/lib/config/secrets/random.js';
import { weaknessOf } from '../../../scripts/lib/config/strength.js';
import { goodSecrets } from '../fixtures.js';
import { envFiles, refusalOf } from './env-files.js';

const EXAMPLE = 'should be a random secret of your own, not what examples have';

describe('a secret that somebody guesses', () => {
  test.each([
    'changeme',
    'change-me-please',
    'changemechangeme',
    'password1234',
    'P@ssw0rd2024!',
    'dev-password',
    'dev-only-secret-key-dev-only-secret-key-dev-only-secret-key',
    'your-secret-key-here',
    'my_super_secret_key',
    'postgres_password',
    'admin123456789',
    '123456789012',
    'django-insecure-1k#w&k)q!@n9x0c_w3z$x%f8s7d6a5p4o3i2u1y',
  ])('%j is told', (secret) => {
    expect(weaknessOf(secret)).toBe(EXAMPLE);
  });

  test.each(['x'.repeat(50), 'abab'.repeat(20), '111111111111'])('%j is told', (secret) => {
    expect(weaknessOf(secret)).toBe('should be random, and has hardly any different characters');
  });

  test('is any password that stands in a Compose file of ours', () => {
    const text = readFileSync(join(projectRoot, 'compose/dev.yml'), 'utf8');
    const passwords = [...text.matchAll(/(?:PASSWORD|SECRET_KEY): ([\w-]+)/g)].map(([, password]) => password as string);
    expect(passwords.length).toBeGreaterThan(3);
    expect(passwords.filter((password) => weaknessOf(password) === undefined)).toEqual([]);
  });
});

describe('a secret of one’s own', () => {
  test.each([
    ...Object.values(goodSecrets),
    'correct horse battery staple',
    'passport-of-the-sixth-floor',
    'ÄÖÜßäöüéèà한글',
    '%$#@!&*()_+=-',
  ])('%j is fine', (secret) => {
    expect(weaknessOf(secret)).toBeUndefined();
  });

  test('is what setup writes', () => {
    for (let round = 0; round < 200; round++) {
      for (const secret of Object.values(randomSecrets(requiredSecretKeys))) expect(weaknessOf(secret), secret).toBeUndefined();
    }
  });

  test('is what programs make at random', () => {
    const random = (characters: string, length: number) =>
      fc.array(fc.constantFrom(...characters), { minLength: length, maxLength: length });
    const hexadecimal = random('0123456789abcdef', 24);
    fc.assert(
      fc.property(hexadecimal, (letters) => {
        fc.pre(new Set(letters).size > 6);
        expect(weaknessOf(letters.join(''))).toBeUndefined();
      }),
    );
  });
});

describe('how strong secrets have to be', () => {
  const weak = { DB_PASSWORD: 'dev-password', POSTGRES_PASSWORD: 'changeme', REDIS_PASSWORD: 'password1234', SECRET_KEY: 'secret' };

  test.each(['production', 'staging'])(
    'strong in %s: short ones and those of examples are told, each with its place',
    async (environment) => {
      const { file } = envFiles({ ...weak, SLIPWAY_ENV: environment });
      const refusal = await refusalOf(loadConfig(file, {}));
      expect(refusal.details).toEqual([
        `POSTGRES_PASSWORD: should be at least 12 characters long, got 8 characters (${file}:2)`,
        `SECRET_KEY: should be at least 50 characters long, got 6 characters (${file}:4)`,
        `DB_PASSWORD: ${EXAMPLE}, got 12 characters (${file}:1)`,
        `REDIS_PASSWORD: ${EXAMPLE}, got 12 characters (${file}:3)`,
      ]);
    },
  );

  test.each(['development', 'test'])('as weak as one likes in %s', async (environment) => {
    const { file } = envFiles({ ...weak, SLIPWAY_ENV: environment });
    expect((await loadConfig(file, {})).secrets.SECRET_KEY.reveal()).toBe('secret');
  });

  test.each(['development', 'test'])('none is still none in %s', async (environment) => {
    const { file } = envFiles({ SLIPWAY_ENV: environment, DB_PASSWORD: '', SECRET_KEY: undefined });
    const refusal = await refusalOf(loadConfig(file, {}));
    expect(refusal.details).toEqual([`DB_PASSWORD: should not be empty, got 0 characters (${file}:1)`, 'SECRET_KEY: is missing']);
  });

  test('weak ones of .env do not count where an environment has its own', async () => {
    const { file, beside } = envFiles({ ...weak, SLIPWAY_ENV: 'production' });
    beside('production', goodSecrets);
    const { secrets } = await loadConfig(file, {});
    for (const key of requiredSecretKeys) expect(secrets[key].reveal()).toBe(goodSecrets[key]);
  });

  test('an environment that is none is as strict as production', async () => {
    const { file } = envFiles({ ...weak, SLIPWAY_ENV: 'prod' });
    expect((await refusalOf(loadConfig(file, {}))).details).toHaveLength(5);
  });
});
