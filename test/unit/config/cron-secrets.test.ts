import { expect, test } from 'vitest';
import { cronOptionalSecretKeys, cronSecretKeys } from '../../../scripts/lib/config/cron.js';
import { optionalSecretKeys, requiredSecretKeys } from '../../../scripts/lib/config/schema.js';

test('the cron container is given the secrets that it works with, and no other', () => {
  expect(cronSecretKeys).toEqual([
    'POSTGRES_PASSWORD',
    'REDIS_PASSWORD',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'BACKUP_AGE_IDENTITY',
    'BACKUP_WEBHOOK_URL',
  ]);
});

test('those that are written anew for each command may be left empty: an empty password would lock the data out', () => {
  const optional: readonly string[] = optionalSecretKeys;
  expect(cronOptionalSecretKeys.filter((key) => !optional.includes(key))).toEqual([]);
  expect(cronOptionalSecretKeys.filter((key) => (requiredSecretKeys as readonly string[]).includes(key))).toEqual([]);
});
