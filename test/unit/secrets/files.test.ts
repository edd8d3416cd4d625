import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { beforeEach, describe, expect, test } from 'vitest';
import { projectRoot } from '../../../scripts/lib/config/root.js';
import { requiredSecretKeys } from '../../../scripts/lib/config/schema.js';
import { seal } from '../../../scripts/lib/config/secrets/age/seal.js';
import { encryptEnv, rekey } from '../../../scripts/lib/config/secrets/encrypt.js';
import { readEncryptedEnv } from '../../../scripts/lib/config/secrets/encrypted-env.js';
import { fileSecretsOf, readFileSecrets } from '../../../scripts/lib/config/secrets/file-secrets.js';
import { environmentOr, secretPaths } from '../../../scripts/lib/config/secrets/paths.js';
import { dotenvLines, randomSecrets, withoutValue } from '../../../scripts/lib/config/secrets/random.js';
import { createFile, FileExistsError, replaceFile } from '../../../scripts/lib/config/secrets/write-file.js';
import { appSecretFiles } from '../../../scripts/lib/deploy/base/secret-files.js';
import { asNobody, temporaryFolder } from './folders.js';

const folder = temporaryFolder();
const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('random secrets', () => {
  test('are made for what every stack needs, or for what was named', () => {
    const secrets = randomSecrets([]);
    expect(Object.keys(secrets)).toEqual([...requiredSecretKeys]);
    expect(secrets.DB_PASSWORD).toMatch(/^[\w-]{32}$/);
    expect(secrets.SECRET_KEY).toMatch(/^[\w-]{64}$/);
    expect(Object.keys(randomSecrets(['MINE', 'SECRET_KEY'], 16))).toEqual(['MINE', 'SECRET_KEY']);
    expect(randomSecrets(['MINE'], 30).MINE).toMatch(/^[\w-]{40}$/);
    expect(dotenvLines({ A: 'x', B: 'a b' })).toBe("A=x\nB='a b'\n");
  });

  test('no two are the same', () => {
    const values = Array.from({ length: 50 }, () => Object.values(randomSecrets([]))).flat();
    expect(new Set(values).size).toBe(values.length);
  });

  test.each([
    [['my-key'], undefined, /^"my-key": should be a key/],
    [['AGE_IDENTITY'], undefined, /keygen makes one$/],
    [['BACKUP_AGE_IDENTITY'], undefined, /keygen makes one$/],
    [['VAULT_TOKEN'], undefined, /whoever it belongs to hands it out$/],
    [[], 8, /^--bytes: should be a whole number from 16 to 1024$/],
    [[], Number.NaN, /^--bytes/],
  ])('%j with %j bytes is refused', (keys, bytes, says) => {
    expect(() => randomSecrets(keys, bytes)).toThrow(says);
  });

  test('keys that have a value are known', () => {
    expect(withoutValue('A=1\nB=\nC=""\n', ['A', 'B', 'C', 'D', 'constructor'])).toEqual(['B', 'C', 'D', 'constructor']);
  });
});

describe('paths', () => {
  test('what belongs to an environment lies beside the .env file', () => {
    expect(secretPaths('/x/.env', 'production')).toEqual({
      environment: 'production',
      encrypted: '/x/.env.production.age',
      recipients: '/x/.env.production.recipients',
      plain: '/x/.env.production.secrets',
    });
  });

  test.each(['', '../x', 'Production', 'a b', 'example', 'a.b', '-x'])('%j is no environment', (environment) => {
    expect(() => secretPaths('/x/.env', environment)).toThrow(/is no environment$/);
  });

  test('the only environment need not be said', () => {
    const own = temporaryFolder();
    const dotenv = join(own, '.env');
    expect(() => environmentOr(dotenv, undefined)).toThrow('the environment is missing');
    writeFileSync(join(own, '.env.production.recipients'), '');
    writeFileSync(join(own, '.env.production.age.edited'), '');
    expect(environmentOr(dotenv, undefined)).toBe('production');
    expect(environmentOr(dotenv, 'staging')).toBe('staging');
    writeFileSync(join(own, '.env.staging.age'), '');
    expect(() => environmentOr(dotenv, undefined)).toThrow(expect.objectContaining({ hints: ['there are production, staging'] }));
  });

  test('git takes what is encrypted, and nothing that is plain', () => {
    const lines = readFileSync(join(projectRoot, '.gitignore'), 'utf8').split('\n');
    expect(lines.filter((line) => line.includes('.env'))).toEqual(['.env', '.env.*', '!.env.example', '!.env.*.age', '!.env.*.recipients']);
  });
});

describe('writing', () => {
  const path = join(folder, 'written');

  test('a new file has the mode that was said, an old one keeps its own, and a link stays one', async () => {
    await replaceFile(path, 'first', 0o600);
    expect([readFileSync(path, 'utf8'), modeOf(path)]).toEqual(['first', 0o600]);
    chmodSync(path, 0o640);
    symlinkSync(path, join(folder, 'link'));
    await replaceFile(join(folder, 'link'), 'second', 0o600);
    expect([readFileSync(path, 'utf8'), modeOf(path)]).toEqual(['second', 0o640]);
    expect(readdirSync(folder).filter((name) => name.startsWith('written.'))).toEqual([]);
  });

  test('a file that is there is not made again', async () => {
    await expect(createFile(path, 'third', 0o600)).rejects.toBeInstanceOf(FileExistsError);
    expect(readFileSync(path, 'utf8')).toBe('second');
  });

  test('what cannot be written is told', async () => {
    await expect(replaceFile(join(folder, 'none/x'), '', 0o600)).rejects.toThrow(/none: there is no such folder$/);
    await expect(asNobody(() => replaceFile(join(folder, 'x'), '', 0o600))).rejects.toThrow(/x: may not be written by this user$/);
  });
});

describe('encrypting for a list of recipients', () => {
  const paths = secretPaths(join(folder, '.env'), 'production');
  let [ada, bob]: [string, string] = ['', ''];
  const list = async (...identities: string[]) =>
    writeFileSync(paths.recipients, `${(await Promise.all(identities.map(identityToRecipient))).join('\n')}\n`);
  beforeEach(async () => {
    [ada, bob] = await Promise.all([generateX25519Identity(), generateX25519Identity()]);
  });

  test('rekey lets in who was added and leaves out who was removed, and the text stays the same', async () => {
    await list(ada);
    const text = 'A=1\n';
    expect(await encryptEnv(paths, text, 'x', [ada])).toEqual({ file: paths.encrypted, recipients: 1, readable: true });
    await list(ada, bob);
    expect(await rekey(paths.encrypted, paths.recipients, [ada])).toMatchObject({ before: 1, recipients: 2, readable: true });
    await list(bob);
    expect(await rekey(paths.encrypted, paths.recipients, [bob])).toMatchObject({ before: 2, recipients: 1 });
    expect(await readEncryptedEnv(paths.encrypted, [bob])).toBe(text);
    await expect(rekey(paths.encrypted, paths.recipients, [ada])).rejects.toThrow(/was not encrypted for your age identity$/);
  });

  test('who cannot read it afterwards is told', async () => {
    await list(bob);
    expect(await encryptEnv(paths, 'A=1\n', 'x', [ada])).toMatchObject({ readable: false });
    expect(await encryptEnv(paths, 'A=1\n', 'x', [])).toMatchObject({ readable: false });
  });

  test('a text that is no .env file, or a list with nobody, leaves the file as it was', async () => {
    const before = readFileSync(paths.encrypted);
    await expect(encryptEnv(paths, 'just words\n', 'x', [])).rejects.toThrow(/x: is no \.env file$/);
    writeFileSync(paths.recipients, '\n');
    await expect(encryptEnv(paths, 'A=1\n', 'x', [])).rejects.toThrow(/names nobody/);
    expect(readFileSync(paths.encrypted)).toEqual(before);
  });
});

describe('secrets that are files', () => {
  const key = join(folder, 'google.json');
  const content = Buffer.from('{"private_key":"hunter2\\n"}\0\xff', 'latin1');
  const never = async () => {
    throw new Error('identities were asked for');
  };
  beforeEach(() => writeFileSync(key, content));

  test('are named like the file, without .age, or as was said; relative ones count from the project', () => {
    expect(fileSecretsOf(['/keys/google.json', 'cert.pem=/a=b/c', '/keys/tls.key.age', 'keys/x'])).toEqual([
      { name: 'google.json', path: '/keys/google.json' },
      { name: 'cert.pem', path: '/a=b/c' },
      { name: 'tls.key', path: '/keys/tls.key.age' },
      { name: 'x', path: join(projectRoot, 'keys/x') },
    ]);
  });

  test('names that cannot be one, those of keys, and two of the same are told together', () => {
    const refused = () => fileSecretsOf(['/a/.hidden', '/a/DB_PASSWORD', '/a/x', '/b/x', 'ok=/c']);
    expect(refused).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/"\.hidden" .*is no name/),
        details: [
          expect.stringMatching(/"DB_PASSWORD" .*named like a key/),
          expect.stringMatching(/"x" \(\/b\/x\): the name is there twice/),
        ],
      }),
    );
  });

  test('go into the volume of the app byte by byte, for whatever user its services run as', async () => {
    const read = await readFileSecrets(fileSecretsOf([key]), never);
    expect(JSON.stringify(read)).not.toContain('hunter2');
    expect(appSecretFiles(read)).toEqual([{ path: 'google.json', content, mode: 0o444 }]);
  });

  test('that end with .age are decrypted on the way', async () => {
    const identity = await generateX25519Identity();
    writeFileSync(`${key}.age`, await seal(content, [await identityToRecipient(identity)]));
    const read = await readFileSecrets(fileSecretsOf([`${key}.age`]), async () => [identity]);
    expect(appSecretFiles(read)).toEqual([{ path: 'google.json', content, mode: 0o444 }]);
    await expect(readFileSecrets(fileSecretsOf([`${key}.age`]), async () => [])).rejects.toThrow(/there is no age identity/);
  });

  test.each([
    ['', /SECRET_FILES \(.*\): is empty$/],
    ['x'.repeat(600_000), /SECRET_FILES \(.*\): should be at most 512000 bytes/],
  ])('that are empty or too large are refused', async (text, says) => {
    writeFileSync(key, text);
    await expect(readFileSecrets(fileSecretsOf([key]), never)).rejects.toThrow(says);
  });

  test('that are not there are refused', async () => {
    await expect(readFileSecrets(fileSecretsOf(['/nowhere/x']), never)).rejects.toThrow(
      /^SECRET_FILES \(\/nowhere\/x\): there is no such file$/,
    );
    expect(existsSync('/nowhere')).toBe(false);
  });
});
