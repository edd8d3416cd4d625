import { expect, test } from 'vitest';
import { parseDotenv } from '../../../scripts/lib/config/dotenv-file.js';
import { loadConfig } from '../../../scripts/lib/config/load.js';
import { dotenvOf } from '../../../scripts/lib/deploy/releases/release-snapshot.js';
import { envFiles } from '../config/env-files.js';
import { goodSecrets } from '../fixtures.js';

test('the .env of a backup set says what the files of the environment say together', async () => {
  const { file, beside } = envFiles({ STACK: 'shop', REGISTRY: 'ghcr.io/acme' });
  beside('production', 'REGISTRY=ghcr.io/production\nDB_NAME=of_production\n');
  beside('staging', 'DB_NAME=of_staging\n');
  const sealed = { kind: 'encrypted', read: async () => ({ name: '/.env.production.age', text: 'DB_USER=sealed\n' }) } as const;
  const text = dotenvOf((await loadConfig(file, { DB_USER: 'shell' }, [sealed])).layers);
  const expected = { ...goodSecrets, STACK: 'shop', REGISTRY: 'ghcr.io/production', DB_NAME: 'of_production' };
  expect(parseDotenv(text)).toMatchObject({ values: expected, strayLines: [] });
  expect(parseDotenv(text).values).not.toHaveProperty('DB_USER');
  expect(text).toContain('# Values of /.env.production.age are in no backup.');
});

test('with a .env alone it is that file, as it is', async () => {
  const { file } = envFiles({ STACK: 'shop' });
  const { layers } = await loadConfig(file, { STACK: 'shell' });
  expect(parseDotenv(dotenvOf(layers)).values).toEqual({ ...goodSecrets, STACK: 'shop' });
});
