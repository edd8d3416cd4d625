import { createClient, type RedisClientOptions } from '@redis/client';
import fc from 'fast-check';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../scripts/lib/config/load.js';
import { connectionUrls, databaseUrl, redisUrl } from '../../../scripts/lib/config/urls.js';
import { appSecrets } from '../../../scripts/lib/deploy/base/secrets.js';
import { envFiles } from './env-files.js';

const RUNS = { numRuns: 5_000 };

/** What stands in URLs for something else, and what programs trip over. */
const nasty = fc.string({ unit: fc.constantFrom(...'ab1:/@?#%&=+ $,;[]{}<>|\\^`"\'!~*().\n\t€😀'), minLength: 1, maxLength: 20 });
const word = fc.oneof(nasty, fc.string({ unit: 'binary', minLength: 1 }));
const host = fc.oneof(fc.constant('postgres'), fc.domain(), fc.ipV4(), fc.ipV6());
const port = fc.integer({ min: 1, max: 65_535 });
/** In no parser's path: these end a path, or a segment of it. */
const database = word.filter((name) => !/[/?#]/.test(name) && name !== '.' && name !== '..');

/** The client's own parser; making a whole client takes it a tenth of a second. */
const { parseURL } = createClient().constructor as unknown as { parseURL: (url: string) => RedisClientOptions };

/** @returns an address of version 6 as all URL parsers write it; other hosts as they are */
const written = (text: string) => (text.includes(':') ? new URL(`x://[${text}]`).hostname.slice(1, -1) : text);
const withoutBrackets = (text: string) => text.replace(/^\[(.*)\]$/, '$1');

describe('DATABASE_URL', () => {
  const parts = fc.record({ user: word, password: word, host, port, database });

  test('gives back exactly what it was made of, to the WHATWG parser', () => {
    fc.assert(
      fc.property(parts, (of) => {
        const url = new URL(databaseUrl(of));
        expect({
          user: decodeURIComponent(url.username),
          password: decodeURIComponent(url.password),
          host: withoutBrackets(url.hostname),
          port: Number(url.port),
          database: decodeURIComponent(url.pathname.slice(1)),
        }).toEqual({ ...of, host: written(of.host) });
        expect(url.search + url.hash).toBe('');
      }),
      RUNS,
    );
  });

  test('gives back exactly what it was made of, to pg', () => {
    fc.assert(
      fc.property(parts, (of) => {
        const client = new pg.Client({ connectionString: databaseUrl(of) });
        const { user, password, host: at, port: on, database: name } = client;
        expect({ user, password, host: at, port: on, database: name }).toEqual({ ...of, host: written(of.host) });
      }),
      RUNS,
    );
  });

  test('has nothing in it that a shell or a .env file would take for something else', () => {
    fc.assert(
      fc.property(parts, (of) => {
        expect(databaseUrl({ ...of, database: 'app' })).toMatch(/^postgresql:\/\/[\w.~%-]*:[\w.~%-]*@[\w.:[\]-]+:\d+\/app$/);
      }),
    );
  });
});

describe('REDIS_URL', () => {
  const parts = fc.record({ password: word, host, port });

  test('gives back exactly what it was made of, to the WHATWG parser', () => {
    fc.assert(
      fc.property(parts, (of) => {
        const { username, password, hostname, port: on, pathname } = new URL(redisUrl(of));
        const back = { username, password: decodeURIComponent(password), host: withoutBrackets(hostname), port: Number(on), pathname };
        expect(back).toEqual({ ...of, host: written(of.host), username: '', pathname: '/0' });
      }),
      RUNS,
    );
  });

  test('gives back exactly what it was made of, to the Redis client', () => {
    fc.assert(
      fc.property(parts, (of) => {
        const { password, username, database: number, socket } = parseURL(redisUrl(of));
        expect({ password, username, number }).toEqual({ password: of.password, username: undefined, number: 0 });
        expect(socket).toMatchObject({ host: written(of.host), port: of.port, tls: false });
      }),
      RUNS,
    );
  });
});

test('they are composed of the stack’s own settings, and print as secrets', async () => {
  const { file } = envFiles({ DB_NAME: 'shop', DB_USER: 'shop_app', DB_PASSWORD: 'p@ss:w/rd #%1$', REDIS_PASSWORD: 'r@d?s-p#ssword' });
  const urls = connectionUrls(await loadConfig(file, {}));
  expect(urls.DATABASE_URL.reveal()).toBe('postgresql://shop_app:p%40ss%3Aw%2Frd%20%23%251%24@postgres:5432/shop');
  expect(urls.REDIS_URL.reveal()).toBe('redis://:r%40d%3Fs-p%23ssword@redis:6379/0');
  expect(JSON.stringify(urls)).toBe('{"DATABASE_URL":"[secret]","REDIS_URL":"[secret]"}');
});

test('the app gets them as files, like its secrets', async () => {
  const config = await loadConfig(envFiles().file, {});
  const files = appSecrets(config);
  expect(files.map(({ path }) => path)).toEqual(['DB_PASSWORD', 'REDIS_PASSWORD', 'SECRET_KEY', 'DATABASE_URL', 'REDIS_URL']);
  expect(files.every(({ mode }) => mode === 0o444)).toBe(true);
  expect(files.find(({ path }) => path === 'REDIS_URL')?.content).toBe(connectionUrls(config).REDIS_URL.reveal());
});
