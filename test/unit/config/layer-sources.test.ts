import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../scripts/lib/config/load.js';
import { newIdentity } from '../../../scripts/lib/config/secrets/age/identities.js';
import { seal } from '../../../scripts/lib/config/secrets/age/seal.js';
import { goodSecrets } from '../fixtures.js';
import { temporaryFolder } from '../secrets/folders.js';
import { envFiles, envText, refusalOf } from './env-files.js';

const sealed = 'a#b $c "d" @e é ßß-and-more';
const mounted = 'from-a-mounted-file-0123456789';

async function stack() {
  const folder = temporaryFolder();
  const { recipient, text } = await newIdentity();
  const identity = join(folder, 'identity.txt');
  writeFileSync(identity, text, { mode: 0o600 });
  const files = envFiles({ AGE_IDENTITY_FILE: identity });
  files.beside('production.age', await seal(envText({ DB_PASSWORD: sealed, REDIS_PASSWORD: sealed }), [recipient]));
  return { folder, ...files };
}

test('what is encrypted beside the .env file wins over it, exactly as it was', async () => {
  const { file } = await stack();
  const { secrets, layers } = await loadConfig(file, {});
  expect(secrets.DB_PASSWORD.reveal()).toBe(sealed);
  expect(secrets.SECRET_KEY.reveal()).toBe(goodSecrets.SECRET_KEY);
  expect(layers.map(({ name }) => name)).toContain(`${file}.production.age`);
});

test('a provider wins over that', async () => {
  const { file, folder } = await stack();
  const secretsFolder = join(folder, 'secrets');
  mkdirSync(secretsFolder);
  writeFileSync(join(secretsFolder, 'REDIS_PASSWORD'), mounted);
  const process = { SECRETS_PROVIDER: 'docker', SECRETS_FOLDER: secretsFolder };
  const { secrets } = await loadConfig(file, process);
  expect(secrets.REDIS_PASSWORD.reveal()).toBe(mounted);
  expect(secrets.DB_PASSWORD.reveal()).toBe(sealed);
});

test('without the right identity it is refused, and nothing of what is in it is told', async () => {
  const { file } = await stack();
  const { text } = await newIdentity();
  const other = /AGE-SECRET-KEY-\S+/.exec(text)?.[0] ?? '';
  const refusal = await refusalOf(loadConfig(file, { AGE_IDENTITY: other, AGE_IDENTITY_FILE: '' }));
  expect(`${refusal.message}\n${refusal.details.join('\n')}`).toContain(`${file}.production.age`);
  expect(`${refusal.message}\n${refusal.details.join('\n')}`).not.toContain(other);
});

test('what is damaged is refused', async () => {
  const { file, beside } = await stack();
  const path = `${file}.production.age`;
  beside('production.age', readFileSync(path, 'utf8').slice(0, -60));
  const refusal = await refusalOf(loadConfig(file, {}));
  expect(`${refusal.message}\n${refusal.details.join('\n')}`).toContain(path);
});
