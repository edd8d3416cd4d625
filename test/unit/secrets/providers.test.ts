import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { dockerSecrets } from '../../../scripts/lib/config/secrets/providers/docker.js';
import { type ProviderSettings, providerOf } from '../../../scripts/lib/config/secrets/providers/index.js';
import { fieldsOf, objectOf } from '../../../scripts/lib/config/secrets/providers/provider.js';
import { UsageError } from '../../../scripts/lib/errors.js';
import { temporaryFolder } from './folders.js';

const folder = temporaryFolder();

function refusalOf(settings: ProviderSettings): UsageError {
  try {
    providerOf(settings);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('hunter2');
    return error;
  }
  throw new Error('it was accepted');
}

describe('SECRETS_PROVIDER', () => {
  const vault = {
    SECRETS_PROVIDER: 'vault',
    VAULT_ADDR: 'https://vault.example.com/',
    VAULT_PATH: '/shop/production/',
    VAULT_TOKEN: 'hunter2',
  };
  const aws = { SECRETS_PROVIDER: 'aws', AWS_SECRET_ID: 'shop', AWS_REGION: 'eu-central-1', AWS_SECRET_ACCESS_KEY: 'hunter2' };

  test.each([
    [{}, undefined],
    [{ SECRETS_PROVIDER: 'none', VAULT_ADDR: 'nonsense of another use' }, undefined],
    [{ SECRETS_PROVIDER: 'docker' }, 'docker /run/secrets'],
    [{ SECRETS_PROVIDER: 'docker', SECRETS_FOLDER: '/etc/secrets' }, 'docker /etc/secrets'],
    [vault, 'vault https://vault.example.com secret/shop/production'],
    [{ ...vault, VAULT_MOUNT: 'kv/apps' }, 'vault https://vault.example.com kv/apps/shop/production'],
    [{ ...vault, VAULT_TOKEN: '', VAULT_ROLE_ID: 'r', VAULT_SECRET_ID: 's' }, 'vault https://vault.example.com secret/shop/production'],
    [aws, 'aws shop (eu-central-1)'],
    [{ ...aws, AWS_ACCESS_KEY_ID: 'AKIA' }, 'aws shop (eu-central-1)'],
  ])('%j is %j', (settings, name) => {
    const provider = providerOf(settings);
    expect(provider?.name).toBe(name);
    expect(inspect(provider, { depth: 20, showHidden: true })).not.toContain('hunter2');
  });

  test('all that is missing is told at once', () => {
    expect(refusalOf({ SECRETS_PROVIDER: 'vault' })).toMatchObject({
      message: expect.stringMatching(/^VAULT_ADDR: /),
      details: [expect.stringMatching(/^VAULT_PATH: /), expect.stringMatching(/^VAULT_TOKEN: is missing/)],
    });
    expect(refusalOf({ SECRETS_PROVIDER: 'aws' })).toMatchObject({
      message: expect.stringMatching(/^AWS_SECRET_ID: /),
      details: ['AWS_REGION: is missing'],
    });
    expect(refusalOf({ SECRETS_PROVIDER: 'gcp' }).message).toMatch(/^SECRETS_PROVIDER: should be none, docker, vault or aws, got "gcp"$/);
  });
});

describe('Docker secrets', () => {
  const read = (variables: ProviderSettings, others = {}) => dockerSecrets({ folder: join(folder, 'none'), variables, ...others }).read();

  function file(name: string, content: string | Buffer): string {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  }

  test('a file that <KEY>_FILE names is the value of the key, without the line break at its end', async () => {
    const variables = { DB_PASSWORD_FILE: file('a', 'hunter2\r\n'), SECRET_KEY_FILE: file('b', ' two\nlines \n\n') };
    expect(await read(variables)).toEqual({ DB_PASSWORD: 'hunter2', SECRET_KEY: ' two\nlines \n' });
  });

  test('variables of that form that belong to no secret are left alone', async () => {
    const variables = { TLS_KEY_FILE: '/nowhere', AGE_IDENTITY_FILE: '/nowhere', APP_ENV_FILE: '/nowhere', OTHER_FILE: '/nowhere' };
    await expect(read(variables)).rejects.toThrow(/there are no secrets$/);
  });

  test('a key that is set both ways is refused, as the official images do', async () => {
    const variables = { DB_PASSWORD: 'hunter2', DB_PASSWORD_FILE: file('a', 'hunter2') };
    await expect(read(variables)).rejects.toThrow(/^DB_PASSWORD: is set, and DB_PASSWORD_FILE as well; only one of them may be$/);
  });

  test('a file that is named counts before one in the folder', async () => {
    const secrets = join(folder, 'both');
    mkdirSync(secrets);
    writeFileSync(join(secrets, 'db_password'), 'of the folder');
    writeFileSync(join(secrets, 'redis_password'), 'of the folder');
    const values = await read({ DB_PASSWORD_FILE: file('a', 'named') }, { folder: secrets });
    expect(values).toEqual({ DB_PASSWORD: 'named', REDIS_PASSWORD: 'of the folder' });
  });

  test('names in lower case, links and other files in the folder', async () => {
    const secrets = join(folder, 'kubernetes');
    mkdirSync(join(secrets, '..data'), { recursive: true });
    writeFileSync(join(secrets, '..data', 'secret_key'), 'linked');
    symlinkSync(join('..data', 'secret_key'), join(secrets, 'secret_key'));
    writeFileSync(join(secrets, 'google.json'), '{}');
    writeFileSync(join(secrets, 'Mixed_Case'), 'x');
    mkdirSync(join(secrets, 'folder'));
    expect(await read({}, { folder: secrets })).toEqual({ SECRET_KEY: 'linked' });
    writeFileSync(join(secrets, 'SECRET_KEY'), 'again');
    await expect(read({}, { folder: secrets })).rejects.toThrow(/has SECRET_KEY and secret_key/);
  });

  test.each([
    ['that is not there', () => join(folder, 'nowhere'), /DB_PASSWORD \(.*nowhere\): there is no such file$/],
    ['that is a folder', () => folder, /is no regular file$/],
    ['with bytes', () => file('bytes', Buffer.from([0xff])), /is no text in UTF-8$/],
    ['that is far too large', () => file('large', Buffer.alloc(600_000)), /at most 512000 bytes, got 600000$/],
  ])('a file %s', async (_, path, says) => {
    const error: unknown = await read({ DB_PASSWORD_FILE: path() }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toMatch(says);
  });

  test('a folder that is a file', async () => {
    await expect(read({}, { folder: file('a', 'x') })).rejects.toThrow(/^SECRETS_FOLDER: .* is no folder$/);
  });
});

describe('fields', () => {
  test('a key that is named like something of JavaScript is missing like others', () => {
    expect(() => fieldsOf('x', {}, ['constructor'])).toThrow('x: constructor: is not there');
    expect(fieldsOf('x', { constructor: 'a' }, [])).toEqual({ constructor: 'a' });
  });

  test.each(['{"a": hunter2', '[1]', '"x"', 'null', '7', ''])('%j is no object, and is not quoted', (text) => {
    expect(objectOf(text)).toBeUndefined();
  });
});
