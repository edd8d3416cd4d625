import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quoteDotenv } from '../../../scripts/lib/config/dotenv-file.js';
import { fromRoot } from '../../../scripts/lib/config/files.js';
import { type Config, dotenvPath, loadConfig, variable } from '../../../scripts/lib/config/load.js';
import { projectRoot } from '../../../scripts/lib/config/root.js';
import { defaults, requiredSecretKeys, secretKeys } from '../../../scripts/lib/config/schema.js';
import { SlipwayError, UsageError } from '../../../scripts/lib/errors.js';
import { goodSecrets } from '../fixtures.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-load-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
/** Writes a file of the temporary folder. @returns its path */
function write(text: string): string {
  const path = join(folder, `${files++}.env`);
  writeFileSync(path, text);
  return path;
}

/** @returns a .env file with good secrets and these values; undefined leaves a key out */
function dotenv(values: Record<string, string | undefined> = {}, more = ''): string {
  const all = Object.entries({ ...goodSecrets, ...values }).filter(([, value]) => value !== undefined);
  return write(`${all.map(([key, value]) => `${key}=${quoteDotenv(value as string)}`).join('\n')}\n${more}`);
}

async function refusal(file: string, environment: NodeJS.ProcessEnv = {}): Promise<UsageError> {
  try {
    await loadConfig(file, environment);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

/** @returns the problems without where each value is from */
function problems({ details }: UsageError): string[] {
  return details.map((detail) => detail.replace(/ \(\/[^()]*:\d+\)$/, ''));
}

describe('what holds', () => {
  test('with nothing but secrets in the file, every other key has its default', async () => {
    const config = await loadConfig(dotenv(), {});
    expect(config.raw).toEqual(defaults);
    expect(config.settings).toMatchObject({ STACK: 'slipway', HTTP_PORT: 8080, SERVER_NAMES: ['localhost'], DRAIN_TIMEOUT: 30_000 });
    expect(config.names.networks.app).toBe('slipway-app');
    expect(config.root).toBe(projectRoot);
  });

  test('the file wins over defaults, the process environment wins over the file', async () => {
    const file = dotenv({ STACK: 'from-file', HTTP_PORT: '8001', REGISTRY: 'ghcr.io/file' });
    const { settings, raw, names } = await loadConfig(file, { HTTP_PORT: '8002', STACK: 'from-shell' });
    expect(settings).toMatchObject({ STACK: 'from-shell', HTTP_PORT: 8002, REGISTRY: 'ghcr.io/file' });
    expect(raw).toMatchObject({ STACK: 'from-shell', HTTP_PORT: '8002' });
    expect(names.base).toBe('from-shell');
  });

  test('an empty value in the process environment wins as well', async () => {
    expect((await loadConfig(dotenv({ REGISTRY: 'ghcr.io/acme' }), { REGISTRY: '' })).settings.REGISTRY).toBe('');
  });

  test('secrets of the process environment win', async () => {
    const { secrets } = await loadConfig(dotenv(), { DB_PASSWORD: 'from-the-shell-from-the-shell' });
    expect(secrets.DB_PASSWORD.reveal()).toBe('from-the-shell-from-the-shell');
    expect(secrets.REDIS_PASSWORD.reveal()).toBe(goodSecrets.REDIS_PASSWORD);
  });

  test('TZ alone is not taken from the process environment: shells set it for other reasons', async () => {
    expect((await loadConfig(dotenv({ TZ: 'Europe/Berlin' }), { TZ: 'Asia/Tokyo' })).settings.TZ).toBe('Europe/Berlin');
    expect((await loadConfig(dotenv(), { TZ: 'not a zone' })).settings.TZ).toBe('UTC');
  });

  test('values with characters that parsers disagree on arrive whole', async () => {
    const password = 'p#ss $w0rd "@ \\n 100%';
    expect((await loadConfig(dotenv({ DB_PASSWORD: password }), {})).secrets.DB_PASSWORD.reveal()).toBe(password);
  });

  test('several Compose files are kept in their order', async () => {
    const { settings } = await loadConfig(dotenv({ APP_COMPOSE: 'compose/blue-green.yml,compose/dev.yml' }), {});
    expect(settings.APP_COMPOSE).toEqual(['compose/blue-green.yml', 'compose/dev.yml']);
  });

  test('paths count from the project, wherever the command is typed', () => {
    expect(fromRoot('compose/dev.yml')).toBe(join(projectRoot, 'compose/dev.yml'));
    expect(fromRoot('/etc/app.env')).toBe('/etc/app.env');
    expect(dotenvPath(undefined)).toBe(join(projectRoot, '.env'));
    expect(dotenvPath('other.env')).toBe(resolve('other.env'));
  });
});

describe('APP_ENV_FILE', () => {
  test('gives the app its own variables', async () => {
    const app = write("SMOKE_TOKEN='to#ken'\nEMPTY=\n");
    const config = await loadConfig(dotenv({ APP_ENV_FILE: app }), {});
    expect(config.appEnv).toEqual({ SMOKE_TOKEN: 'to#ken', EMPTY: '' });
  });

  test('is no problem when it is not set', async () => {
    expect((await loadConfig(dotenv({ APP_ENV_FILE: '' }), {})).appEnv).toEqual({});
  });

  test('has its own problems told with the rest', async () => {
    const app = write('A=1\njust words\n');
    const error = await refusal(dotenv({ APP_ENV_FILE: app, HTTP_PORT: 'x' }));
    expect(problems(error)).toEqual(['HTTP_PORT: should be a port between 1 and 65535, got "x"', `${app}:2: should be KEY=value`]);
    expect(problems(await refusal(dotenv({ APP_ENV_FILE: 'nowhere.env' })))).toEqual(['APP_ENV_FILE: there is no file nowhere.env']);
  });

  test('a variable is looked up in the process environment first', async () => {
    const config = await loadConfig(dotenv({ APP_ENV_FILE: write('TOKEN=from-file\nOTHER=file\n') }), { TOKEN: 'from-shell' });
    expect(variable(config, 'TOKEN')).toBe('from-shell');
    expect(variable(config, 'OTHER')).toBe('file');
    expect(variable(config, 'NONE')).toBeUndefined();
  });
});

describe('problems', () => {
  test('a missing file says how to get one', async () => {
    const error = await refusal(join(folder, 'nowhere.env'));
    expect(error.message).toBe(`${join(folder, 'nowhere.env')}: there is no such file`);
    expect(error.hints.join()).toContain('npm run setup');
    expect(error.exitCode).toBe(2);
  });

  test('every problem is told at once, each with its key, what it should be and what it is', async () => {
    const error = await refusal(
      dotenv({ STACK: 'My Shop', HTTP_PORT: '99999', TLS: 'yes', RATE_API: 'fast', DB_USER: 'postgres', RETIRE: 'keep' }),
    );
    expect(error.message).toBe('the configuration has 6 problems');
    expect(problems(error)).toEqual([
      'STACK: should be lower-case letters, digits and "-", beginning with a letter, at most 31 characters, got "My Shop"',
      'HTTP_PORT: should be a port between 1 and 65535, got "99999"',
      'TLS: should be off, self-signed or files, got "yes"',
      'RATE_API: should be a rate such as 10r/s or 5r/m, or off, got "fast"',
      'RETIRE: should be stop or warm, got "keep"',
      'DB_USER: should not be postgres: the app gets a role of its own, without superuser rights, got "postgres"',
    ]);
    expect(error.exitCode).toBe(2);
    expect(error.hints.join()).toContain('.env.example explains every key');
  });

  test('one problem is told as one', async () => {
    expect((await refusal(dotenv({ HTTP_PORT: '0' }))).message).toBe('the configuration has a problem');
  });

  test('stray lines are told by file and number, beside wrong values', async () => {
    const file = dotenv({ HTTP_PORT: '0' }, 'what is this\n');
    expect(problems(await refusal(file))).toEqual([
      `${file}:6: should be KEY=value`,
      'HTTP_PORT: should be a port between 1 and 65535, got "0"',
    ]);
  });

  test('each secret that is missing is told', async () => {
    const file = dotenv(Object.fromEntries(requiredSecretKeys.map((key) => [key, undefined])));
    expect(problems(await refusal(file))).toEqual(requiredSecretKeys.map((key) => `${key}: is missing`));
  });

  test('a secret that is too short is told by its length and never shown', async () => {
    const error = await refusal(dotenv({ DB_PASSWORD: 'tooshort', SECRET_KEY: 'opensesame' }));
    expect(problems(error)).toEqual([
      'DB_PASSWORD: should be at least 12 characters long, got 8 characters',
      'SECRET_KEY: should be at least 50 characters long, got 10 characters',
    ]);
    expect(inspect(error, { depth: null })).not.toMatch(/tooshort|opensesame/);
  });

  test('a stray line is not repeated, since it may be a secret that lost its key', async () => {
    expect(inspect(await refusal(dotenv({}, 'hunter2 without a key\n')), { depth: null })).not.toContain('hunter2 without a key');
  });

  test.each([
    [{ HTTP_PORT: '8080', HTTPS_PORT: '8080' }, ['HTTPS_PORT: should differ from HTTP_PORT, got 8080 for both']],
    [
      { TLS: 'files' },
      ['TLS_CERT_FILE: should name a PEM file, since TLS is files', 'TLS_KEY_FILE: should name a PEM file, since TLS is files'],
    ],
    [{ TLS: 'files', TLS_CERT_FILE: 'no.crt', TLS_KEY_FILE: 'package.json' }, ['TLS_CERT_FILE: there is no file no.crt']],
    [{ APP_COMPOSE: 'compose/blue-green.yml,no.yml' }, ['APP_COMPOSE: there is no file no.yml']],
    [{ APP_COMPOSE: '' }, ['APP_COMPOSE: should name at least one Compose file, got ""']],
  ])('keys that do not go together are told: %j', async (values, details) => {
    expect(problems(await refusal(dotenv(values)))).toEqual(details);
  });

  test('files of TLS are not asked for while TLS is off', async () => {
    expect((await loadConfig(dotenv({ TLS_CERT_FILE: 'no.crt' }), {})).settings.TLS).toBe('off');
  });

  test('problems across keys are told together with those of single keys', async () => {
    const error = await refusal(dotenv({ RETIRE: 'keep', HTTP_PORT: '80', HTTPS_PORT: '80', TLS: 'files', APP_COMPOSE: 'no.yml' }));
    expect(problems(error)).toEqual([
      'RETIRE: should be stop or warm, got "keep"',
      'HTTPS_PORT: should differ from HTTP_PORT, got 80 for both',
      'TLS_CERT_FILE: should name a PEM file, since TLS is files',
      'TLS_KEY_FILE: should name a PEM file, since TLS is files',
      'APP_COMPOSE: there is no file no.yml',
    ]);
  });

  test.each(['--dotenv', 'APP_ENV_FILE'])('a folder instead of a file is a usage error: %s', async (where) => {
    const path = join(folder, 'a-folder');
    mkdirSync(path, { recursive: true });
    const loading = loadConfig(where === '--dotenv' ? path : dotenv({ APP_ENV_FILE: path }), {});
    await expect(loading).rejects.toThrow(SlipwayError);
  });
});

test('printing the whole configuration shows no secret', async () => {
  const config: Config = await loadConfig(dotenv(), {});
  for (const printed of [inspect(config, { depth: null, showHidden: true }), JSON.stringify(config), Object.values(config.raw).join()]) {
    expect(printed).not.toContain('hunter2');
  }
  expect(JSON.parse(JSON.stringify(config)).secrets).toEqual(Object.fromEntries(secretKeys.map((key) => [key, '[secret]'])));
});
