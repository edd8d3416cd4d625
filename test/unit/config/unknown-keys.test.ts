import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDotenv } from '../../../scripts/lib/config/dotenv-file.js';
import { keys } from '../../../scripts/lib/config/layers.js';
import { nearMisses } from '../../../scripts/lib/config/unknown-keys.js';

const told = (text: string) => nearMisses([{ kind: 'dotenv', name: '/.env', ...parseDotenv(text) }]);
const meant = (name: string) => /did you mean (\w+)\?/.exec(told(`${name}=1\n`)[0] ?? '')?.[1];

test.each([
  ['HTTP_PROT', 'HTTP_PORT'],
  ['HTTPPORT', 'HTTP_PORT'],
  ['http_port', 'HTTP_PORT'],
  ['DB_PASWORD', 'DB_PASSWORD'],
  ['BACKUP_RETENTOIN_DAY', 'BACKUP_RETENTION_DAYS'],
  ['SECRETKEY', 'SECRET_KEY'],
  ['STAKC', 'STACK'],
  ['SLIPWAY_ENVIRONMENT', undefined],
])('%s is nearly %s', (name, key) => {
  expect(meant(name)).toBe(key);
});

test.each([
  'HTTP_HOST',
  'DB_HOST',
  'DB_PORT',
  'NODE_ENV',
  'PORT',
  'TTL',
  'API_KEY',
  'DEV_PORT',
  'REDIS_URL',
  'SENTRY_DSN',
  'LANG',
  'DEBUG',
])('%s is an app’s own key and near to none', (name) => {
  expect(meant(name)).toBeUndefined();
});

test('no known key is told, wherever it is set', () => {
  expect(told(keys.map((key) => `${key}=1\n`).join(''))).toEqual([]);
});

// To HTTP_SPORT, HTTP_PORT is as near as HTTPS_PORT.
test('a key in which two neighbours have changed places is always near to one', () => {
  fc.assert(
    fc.property(fc.constantFrom(...keys), fc.nat(), (key, at) => {
      const index = at % (key.length - 1);
      const swapped = `${key.slice(0, index)}${key[index + 1]}${key[index]}${key.slice(index + 2)}`;
      fc.pre(swapped !== key && !(keys as string[]).includes(swapped) && key.length > 2);
      expect(meant(swapped)).toBeDefined();
    }),
    { numRuns: 2_000 },
  );
});

test('what is no file is not looked at', () => {
  expect(nearMisses([{ kind: 'provider', name: 'a vault', values: { HTTP_PROT: '1' } }])).toEqual([]);
});
