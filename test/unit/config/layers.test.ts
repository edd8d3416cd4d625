import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LayerSource, SourceContext } from '../../../scripts/lib/config/layer-source.js';
import { keys, type Layer, layerKinds, mergeLayers } from '../../../scripts/lib/config/layers.js';
import { loadConfig } from '../../../scripts/lib/config/load.js';
import { onConfigWarning } from '../../../scripts/lib/config/warnings.js';
import { SlipwayError, UsageError } from '../../../scripts/lib/errors.js';
import { goodSecrets } from '../fixtures.js';
import { envFiles, refusalOf } from './env-files.js';

/** A source that reads a file of its own, which here is not encrypted. */
const sealed: LayerSource = {
  kind: 'encrypted',
  read: async ({ file, environment }) => {
    const name = `${file}.${environment}.sealed`;
    return existsSync(name) ? { name, text: readFileSync(name, 'utf8') } : undefined;
  },
};
const vault = (values: Record<string, string>): LayerSource => ({ kind: 'provider', read: async () => ({ name: 'a vault', values }) });
const failing = (kind: LayerSource['kind'], error: Error): LayerSource => ({ kind, read: () => Promise.reject(error) });

describe('a later layer wins', () => {
  test('defaults, .env, .env.<environment>, the encrypted file, the process environment, the provider', async () => {
    const { file, beside } = envFiles({ SLIPWAY_ENV: 'staging', S3_PREFIX: 'dotenv', REGISTRY: 'dotenv', DB_NAME: 'dotenv' });
    beside('staging', { REGISTRY: 'staging', DB_NAME: 'staging', DB_USER: 'staging', S3_BUCKET: 'staging' });
    beside('staging.sealed', { DB_NAME: 'sealed', DB_USER: 'sealed', S3_BUCKET: 'sealed' });
    const shell = { DB_USER: 'shell', S3_BUCKET: 'shell' };
    const { settings, layers } = await loadConfig(file, shell, [sealed, vault({ S3_BUCKET: 'vault' })]);
    expect(settings).toMatchObject({
      STACK: 'slipway',
      S3_PREFIX: 'dotenv',
      REGISTRY: 'staging',
      DB_NAME: 'sealed',
      DB_USER: 'shell',
      S3_BUCKET: 'vault',
    });
    expect(layers.map(({ kind }) => kind)).toEqual(layerKinds);
  });

  test('whichever layers say something of a key, the last of them holds, and is told as its origin', () => {
    const said = fc.record(Object.fromEntries(layerKinds.map((kind) => [kind, fc.option(fc.string(), { nil: undefined })])));
    fc.assert(
      fc.property(said, fc.constantFrom(...keys.filter((key) => key !== 'SLIPWAY_ENV')), (values, key) => {
        const layers = layerKinds.map(
          (kind): Layer => ({ kind, name: kind, values: values[kind] === undefined ? {} : { [key]: values[kind] } }),
        );
        const last = layerKinds.findLast((kind) => values[kind] !== undefined);
        const merged = mergeLayers(layers);
        expect(merged.values[key]).toBe(last && values[last]);
        expect(merged.origins[key]?.layer).toBe(last);
      }),
    );
  });

  test('an empty value of a later layer wins as well', async () => {
    const { file, beside } = envFiles({ REGISTRY: 'ghcr.io/acme' });
    beside('production', 'REGISTRY=\n');
    expect((await loadConfig(file, {})).settings.REGISTRY).toBe('');
  });

  test('secrets of every layer are secrets', async () => {
    const { file, beside } = envFiles({ DB_PASSWORD: undefined, REDIS_PASSWORD: undefined, SECRET_KEY: undefined });
    beside('production', { DB_PASSWORD: 'hunter2-of-production' });
    beside('production.sealed', { REDIS_PASSWORD: 'hunter2-of-the-sealed' });
    const config = await loadConfig(file, {}, [sealed, vault({ SECRET_KEY: goodSecrets.SECRET_KEY })]);
    expect(config.secrets.DB_PASSWORD.reveal()).toBe('hunter2-of-production');
    expect(config.secrets.REDIS_PASSWORD.reveal()).toBe('hunter2-of-the-sealed');
    expect(config.secrets.SECRET_KEY.reveal()).toBe(goodSecrets.SECRET_KEY);
    expect(inspect(config, { depth: null, showHidden: true }) + JSON.stringify(config)).not.toContain('hunter2');
  });
});

describe('SLIPWAY_ENV', () => {
  test('is production where nobody says anything', async () => {
    const { file, beside } = envFiles();
    beside('production', { DB_NAME: 'of_production' });
    beside('staging', { DB_NAME: 'of_staging' });
    expect((await loadConfig(file, {})).settings).toMatchObject({ SLIPWAY_ENV: 'production', DB_NAME: 'of_production' });
  });

  test('of the process environment wins over the one of .env', async () => {
    const { file, beside } = envFiles({ SLIPWAY_ENV: 'production' });
    beside('production', { DB_NAME: 'of_production' });
    beside('staging', { DB_NAME: 'of_staging' });
    expect((await loadConfig(file, { SLIPWAY_ENV: 'staging' })).settings).toMatchObject({ SLIPWAY_ENV: 'staging', DB_NAME: 'of_staging' });
  });

  test('belongs to whatever file --dotenv named: its environments lie beside it', async () => {
    const { beside } = envFiles();
    const demo = beside('demo', goodSecrets);
    beside('demo.staging', { DB_NAME: 'of_the_demo' });
    beside('staging', { DB_NAME: 'of_another_stack' });
    expect((await loadConfig(demo, { SLIPWAY_ENV: 'staging' })).settings.DB_NAME).toBe('of_the_demo');
  });

  test.each(['', 'prod', '../../etc'])('%j is no environment: that is told, and no file is read for it', async (text) => {
    const { file } = envFiles({ SLIPWAY_ENV: text });
    const asked: SourceContext[] = [];
    const source: LayerSource = { kind: 'encrypted', read: async (context) => void asked.push(context) };
    const { details } = await refusalOf(loadConfig(file, {}, [source]));
    expect(details).toEqual([`SLIPWAY_ENV: should be development, test, staging or production, got ${JSON.stringify(text)} (${file}:5)`]);
    expect(asked).toEqual([]);
  });

  test.each(['staging', 'staging.sealed'])('in .env.%s comes too late when it says something else', async (suffix) => {
    const { file, beside } = envFiles({ SLIPWAY_ENV: 'staging' });
    const path = beside(suffix, '# of staging\nSLIPWAY_ENV=production\n');
    const { details } = await refusalOf(loadConfig(file, {}, [sealed]));
    const where = "should be set in .env or in the process's environment, where it is staging";
    expect(details).toEqual([`SLIPWAY_ENV: ${where}, got "production" (${path}:2)`]);
    beside(suffix, 'SLIPWAY_ENV=staging\n');
    expect((await loadConfig(file, {}, [sealed])).settings.SLIPWAY_ENV).toBe('staging');
  });
});

describe('a problem is told with the place that its value is from', () => {
  test('file and line, or the process environment, or the provider', async () => {
    const { file, beside } = envFiles({ STACK: 'My Shop' });
    const own = beside('production', '# ports\nHTTP_PORT=http\nno assignment\n');
    const encrypted = beside('production.sealed', '\n\nDB_PASSWORD=short\nstray\n');
    const { details } = await refusalOf(loadConfig(file, { TLS: 'yes' }, [sealed, vault({ RETIRE: 'keep' })]));
    expect(details).toEqual([
      `${own}:3: should be KEY=value`,
      `${encrypted}:4: should be KEY=value`,
      expect.stringMatching(`^STACK: .*got "My Shop" \\(${file}:5\\)$`),
      expect.stringMatching(`^HTTP_PORT: .*got "http" \\(${own}:2\\)$`),
      'TLS: should be off, self-signed or files, got "yes" (process environment)',
      'RETIRE: should be stop or warm, got "keep" (a vault)',
      `DB_PASSWORD: should be at least 12 characters long, got 5 characters (${encrypted}:3)`,
    ]);
  });

  test('keys that do not go together: with the place of the one to mend', async () => {
    const { file, beside } = envFiles({ HTTP_PORT: '8443' });
    expect((await refusalOf(loadConfig(file, {}))).details).toEqual(['HTTPS_PORT: should differ from HTTP_PORT, got 8443 for both']);
    const own = beside('production', { HTTP_PORT: '80', HTTPS_PORT: '80' });
    expect((await refusalOf(loadConfig(file, {}))).details).toEqual([
      `HTTPS_PORT: should differ from HTTP_PORT, got 80 for both (${own}:2)`,
    ]);
  });

  test('the files to mend are named', async () => {
    const { file, beside } = envFiles();
    const own = beside('production', { HTTP_PORT: '0' });
    expect((await refusalOf(loadConfig(file, {}))).hints).toEqual([`mend ${file}, ${own}; .env.example explains every key`]);
  });

  test('a folder where the file of an environment could be is told', async () => {
    const { file } = envFiles({ HTTP_PORT: '0' });
    mkdirSync(`${file}.production`);
    const { details } = await refusalOf(loadConfig(file, {}));
    expect(details).toEqual([
      `${file}.production: is a folder, and should be a file`,
      `HTTP_PORT: should be a port between 1 and 65535, got "0" (${file}:5)`,
    ]);
  });

  test('a value with a NUL character, which no program can be given, is told with its key', async () => {
    const { file, beside } = envFiles({ S3_SSE_KMS_ID: 'a\0b' });
    const text = `S3_SSE_KMS_ID: should have no NUL character (${file}:5)`;
    expect((await refusalOf(loadConfig(file, {}))).details).toEqual([text]);
    const app = beside('app', 'A=1\nTOKEN="x\0y"\n');
    const details = (await refusalOf(loadConfig(envFiles({ APP_ENV_FILE: app }).file, {}))).details;
    expect(details).toEqual([`${app}:2: TOKEN should have no NUL character`]);
  });
});

describe('a source', () => {
  test('is told the file, the environment and what the layers before it say, unknown keys of files included', async () => {
    const { file, beside } = envFiles({ SLIPWAY_ENV: 'test', DB_NAME: 'dotenv', ITS_OWN: 'dotenv' });
    beside('test', { DB_USER: 'of_the_test' });
    beside('test.sealed', { S3_BUCKET: 'sealed', ANOTHER: 'sealed' });
    const asked: SourceContext[] = [];
    const asks = (kind: LayerSource['kind']): LayerSource => ({ kind, read: async (context) => void asked.push(context) });
    const shell = { DB_NAME: 'shell', PATH: '/bin' };
    await loadConfig(file, shell, [asks('encrypted'), sealed, asks('provider')]);
    const common = { STACK: 'slipway', DB_NAME: 'shell', DB_USER: 'of_the_test', ITS_OWN: 'dotenv' };
    expect(asked).toMatchObject([
      { file, environment: 'test', process: shell, values: common },
      { values: { ...common, S3_BUCKET: 'sealed', ANOTHER: 'sealed' } },
    ]);
    expect(asked[0]?.values).not.toHaveProperty('ANOTHER');
    expect(asked[0]?.values).not.toHaveProperty('PATH');
  });

  test('that fails alone is told by its own error', async () => {
    const error = new SlipwayError('the vault is sealed', { hints: ['unseal it'] });
    const { file } = envFiles({ SECRET_KEY: undefined });
    await expect(loadConfig(file, {}, [failing('provider', error)])).rejects.toBe(error);
  });

  test('that fails is told with the other problems, but not with what it may have had', async () => {
    const { file } = envFiles({ SECRET_KEY: undefined, HTTP_PORT: '0' });
    const error = new UsageError('the file is damaged', { details: ['at its end'], hints: ['take another'] });
    const asked = { kind: 'provider', read: () => Promise.reject(new Error('it is not asked any more')) } as const;
    const refusal = await refusalOf(loadConfig(file, {}, [failing('encrypted', error), asked]));
    expect(refusal.message).toBe('the configuration has 3 problems');
    expect(refusal.details).toEqual([
      'the file is damaged',
      'at its end',
      `HTTP_PORT: should be a port between 1 and 65535, got "0" (${file}:4)`,
    ]);
    expect(refusal.hints[0]).toBe('take another');
  });

  test('that has a bug is not told as a problem of the configuration', async () => {
    const bug = new TypeError('undefined is not a function');
    await expect(loadConfig(envFiles({ HTTP_PORT: '0' }).file, {}, [failing('encrypted', bug)])).rejects.toBe(bug);
  });
});

describe('keys that nobody knows', () => {
  test('are warned of once when they are nearly known, with the file that they are in, and stop nothing', async () => {
    const warnings: string[] = [];
    onConfigWarning((text) => void warnings.push(text));
    const { file, beside } = envFiles({ HTTP_PROT: '80', OWN_KEY: 'x', HTTP_HOST: 'example.com' });
    const own = beside('production', 'BACKUP_SHEDULE=off\n');
    expect((await loadConfig(file, { REDIS_PASSWORT: 'x' })).settings.HTTP_PORT).toBe(8080);
    await loadConfig(file, {});
    expect(warnings).toEqual([
      `HTTP_PROT: there is no such key; did you mean HTTP_PORT? (${file}:5)`,
      `BACKUP_SHEDULE: there is no such key; did you mean BACKUP_SCHEDULE? (${own}:1)`,
    ]);
  });

  test('are told among the problems where there are any: the key that is missing may be the one', async () => {
    const { file } = envFiles({ DB_PASSWORD: undefined, DB_PASWORD: 'hunter2-of-the-database' });
    const { details, message } = await refusalOf(loadConfig(file, {}));
    expect(details).toEqual(['DB_PASSWORD: is missing', `DB_PASWORD: there is no such key; did you mean DB_PASSWORD? (${file}:4)`]);
    expect(message).toBe('the configuration has 2 problems');
  });
});
