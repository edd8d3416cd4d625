import { afterEach, describe, expect, test, vi } from 'vitest';
import { command } from '../../../scripts/lib/cli/commands/config.js';
import { createOutput } from '../../../scripts/lib/cli/output.js';
import type { LayerSource } from '../../../scripts/lib/config/layer-source.js';
import { placesOf } from '../../../scripts/lib/config/load.js';
import { checkConfig } from '../../../scripts/lib/config/report/check.js';
import { diffConfigs } from '../../../scripts/lib/config/report/diff.js';
import { showConfig } from '../../../scripts/lib/config/report/show.js';
import { schema, secretKeys } from '../../../scripts/lib/config/schema.js';
import { SlipwayError } from '../../../scripts/lib/errors.js';
import { goodSecrets } from '../fixtures.js';
import { envFiles, refusalOf } from './env-files.js';

const vault = (values: Record<string, string>): LayerSource => ({ kind: 'provider', read: async () => ({ name: 'a vault', values }) });
const sealed: LayerSource = {
  kind: 'provider',
  read: () => Promise.reject(new SlipwayError('the vault is sealed', { details: ['unseal it'] })),
};

describe('show', () => {
  test('has every key in its order, with what holds and the layer that said it', async () => {
    const { file, beside } = envFiles({ SLIPWAY_ENV: 'staging', REGISTRY: 'ghcr.io/acme' });
    const own = beside('staging', 'DB_NAME=of_staging\n');
    const { values, environment } = await showConfig(placesOf(file, { HTTP_PORT: '80' }, [vault({ RETIRE: 'warm' })]), []);
    expect(environment).toBe('staging');
    expect(values.map(({ key }) => key)).toEqual(Object.keys(schema.shape));
    const of = (key: string) => values.find((value) => value.key === key);
    expect(of('REGISTRY')).toEqual({ key: 'REGISTRY', value: 'ghcr.io/acme', secret: false, layer: 'dotenv', source: file, line: 6 });
    expect(of('DB_NAME')).toMatchObject({ value: 'of_staging', layer: 'environment-dotenv', source: own, line: 1 });
    expect(of('HTTP_PORT')).toMatchObject({ value: '80', layer: 'process', line: null });
    expect(of('RETIRE')).toMatchObject({ value: 'warm', layer: 'provider', source: 'a vault' });
    expect(of('TLS')).toMatchObject({ value: 'off', layer: 'default' });
    expect(of('AWS_ACCESS_KEY_ID')).toMatchObject({ value: null, layer: null });
  });

  test('shows of a secret only that there is one', async () => {
    const all = Object.fromEntries(secretKeys.map((key) => [key, 'hunter2-of-all']));
    const { values } = await showConfig(placesOf(envFiles({ ...all, BACKUP_WEBHOOK_URL: '' }).file, {}), []);
    expect(JSON.stringify(values)).not.toContain('hunter2');
    const secrets = values.filter(({ secret }) => secret).map(({ key, value }) => [key, value]);
    expect(secrets).toHaveLength(secretKeys.length);
    for (const [key, value] of secrets) expect(value).toBe(key === 'BACKUP_WEBHOOK_URL' ? '' : '[secret]');
  });

  test('shows what is wrong as it is: whether it is any good is another question', async () => {
    const { values } = await showConfig(placesOf(envFiles({ HTTP_PORT: 'http' }).file, {}), ['HTTP_PORT']);
    expect(values).toMatchObject([{ key: 'HTTP_PORT', value: 'http' }]);
  });

  test('names the keys that there are not, and near ones', async () => {
    const places = placesOf(envFiles().file, {});
    expect((await refusalOf(showConfig(places, ['HTTP_PROT']))).message).toBe('"HTTP_PROT": there is no such key; did you mean HTTP_PORT?');
    const { details } = await refusalOf(showConfig(places, ['http_port', 'STACK', 'NOTHING']));
    expect(details).toEqual(['"http_port": there is no such key; did you mean HTTP_PORT?', '"NOTHING": there is no such key']);
  });

  test('says nothing when a layer could not be read: that would be a lie', async () => {
    await expect(showConfig(placesOf(envFiles().file, {}, [sealed]), ['STACK'])).rejects.toThrow('the vault is sealed');
  });
});

describe('check', () => {
  test('finds nothing in a good configuration, and ends with 0', async () => {
    const { file } = envFiles();
    const { checked, exitCode } = await checkConfig(placesOf(file, {}));
    expect(checked).toEqual({ file, environment: 'production', layers: ['default', file, 'process environment'], problems: [] });
    expect(exitCode).toBe(0);
  });

  test('lists everything that it finds, in every layer, and ends with 1', async () => {
    const { file, beside } = envFiles({
      HTTP_PORT: 'http',
      BACKUP_SCHEDULE: '0 0 31 2 *',
      BACKUP_DRILL_SCHEDULE: 'daily',
      HTTP_PROT: '80',
    });
    const own = beside('production', 'stray\nDB_PASSWORD=changemechangeme\n');
    const { checked, exitCode } = await checkConfig(placesOf(file, {}, [sealed]));
    expect(checked.problems).toEqual([
      'the vault is sealed',
      'unseal it',
      `${own}:1: should be KEY=value`,
      expect.stringMatching(`^HTTP_PORT: .* \\(${file}:5\\)$`),
      expect.stringMatching(`^BACKUP_DRILL_SCHEDULE: .*got "daily" \\(${file}:7\\)$`),
      expect.stringMatching(`^DB_PASSWORD: .*of your own.* \\(${own}:2\\)$`),
      expect.stringMatching(`^BACKUP_SCHEDULE: .*such a day never comes \\(${file}:6\\)$`),
      `HTTP_PROT: there is no such key; did you mean HTTP_PORT? (${file}:8)`,
    ]);
    expect(exitCode).toBe(1);
  });

  test('a key that is nearly a known one is found, though it stops no command', async () => {
    const { checked, exitCode } = await checkConfig(placesOf(envFiles({ STAKC: 'shop' }).file, {}));
    expect(checked.problems).toHaveLength(1);
    expect(exitCode).toBe(1);
  });

  test('without a .env file there is nothing to look at', async () => {
    expect((await refusalOf(checkConfig(placesOf(`${envFiles().file}.none`, {})))).exitCode).toBe(2);
  });
});

describe('diff', () => {
  test('has the keys that differ with both values; of secrets only that they do', async () => {
    const { file, beside } = envFiles({ SLIPWAY_ENV: 'production', REGISTRY: 'ghcr.io/acme', DEPLOY_WEBHOOK_URL: '' });
    beside('staging', { HTTP_PORT: '81', SECRET_KEY: `staging-${goodSecrets.SECRET_KEY}`, REGISTRY: 'ghcr.io/acme' });
    beside('production', { DB_NAME: 'shop', DEPLOY_WEBHOOK_URL: 'https://hooks.example.com/x' });
    const shell = { HTTP_PORT: '82', DB_NAME: 'of_the_shell', SLIPWAY_ENV: 'test' };
    expect(await diffConfigs(placesOf(file, shell), ['staging', 'production'])).toEqual({
      file,
      environments: ['staging', 'production'],
      differences: [
        { key: 'HTTP_PORT', secret: false, values: ['81', '8080'] },
        { key: 'DEPLOY_WEBHOOK_URL', secret: true, values: ['', '[secret]'] },
        { key: 'DB_NAME', secret: false, values: ['app', 'shop'] },
        { key: 'SECRET_KEY', secret: true, values: ['[secret]', '[secret]'] },
      ],
      bare: [],
    });
  });

  test('says which environment has nothing of its own', async () => {
    const { file, beside } = envFiles();
    beside('staging', 'DB_NAME=of_staging\n');
    const { bare, differences } = await diffConfigs(placesOf(file, {}), ['staging', 'test']);
    expect(bare).toEqual(['test']);
    expect(differences).toEqual([{ key: 'DB_NAME', secret: false, values: ['of_staging', 'app'] }]);
  });

  test.each([
    [[], 'two environments are to be named'],
    [['staging'], 'two environments are to be named'],
    [['staging', 'prod'], '"prod": is no environment; there are development, test, staging, production'],
    [['staging', 'production', 'test'], '"test": is one word too many'],
  ])('%j is refused', async (words, message) => {
    expect((await refusalOf(diffConfigs(placesOf(envFiles().file, {}), words))).message).toBe(message);
  });
});

describe('the command', () => {
  afterEach(() => vi.restoreAllMocks());

  /** @returns what a person sees on stdout, and the exit code */
  async function typed(file: string, ...words: string[]): Promise<{ screen: string; exitCode: number }> {
    let screen = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      screen += String(chunk);
      return true;
    });
    const { exitCode = 0 } = await command.run({ values: { dotenv: file }, words }, createOutput(false), () => () => {});
    vi.restoreAllMocks();
    return { screen, exitCode };
  }

  test('prints values beside the file and the line that they are from', async () => {
    const { file } = envFiles({ HOOKS_FOLDER: 'my\thooks' });
    const { screen } = await typed(file, 'show', 'HOOKS_FOLDER', 'DB_PASSWORD', 'AWS_ACCESS_KEY_ID', 'TLS');
    expect(screen.split('\n')).toEqual([
      `production, of ${file}`,
      '',
      'TLS                off          default',
      'HOOKS_FOLDER       "my\\thooks"  .env:5',
      'DB_PASSWORD        [secret]     .env:1',
      'AWS_ACCESS_KEY_ID  (not set)',
      '',
    ]);
  });

  test('prints problems and how many there are', async () => {
    const { file } = envFiles({ HTTP_PORT: '0' });
    const { screen, exitCode } = await typed(file, 'check');
    expect(screen).toContain(`✗ HTTP_PORT: should be a port between 1 and 65535, got "0" (${file}:5)\nproduction, of ${file}: a problem\n`);
    expect(exitCode).toBe(1);
    expect(await typed(envFiles().file, 'check')).toMatchObject({ screen: expect.stringContaining('✓ production'), exitCode: 0 });
  });

  test('prints environments as columns', async () => {
    const { file, beside } = envFiles();
    beside('staging', { DB_NAME: 'shop', REDIS_PASSWORD: 'hunter2-of-staging' });
    expect((await typed(file, 'diff', 'staging', 'production')).screen.split('\n')).toEqual([
      'production has no file of its own (.env.production): it has what .env says',
      '                staging   production',
      'DB_NAME         shop      app',
      'REDIS_PASSWORD  [secret]  [secret], another',
      '',
    ]);
    expect((await typed(file, 'diff', 'test', 'production')).screen).toContain('test and production do not differ');
  });

  test.each([
    [['shwo'], '"shwo": is no action'],
    [[], 'an action is missing'],
    [['check', 'x'], '"x": is one word too many'],
  ])('%j is refused', async (words, message) => {
    expect((await refusalOf(typed(envFiles().file, ...words))).message).toBe(message);
  });
});
