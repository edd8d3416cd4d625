import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MissingError, StoreError } from '../../../../scripts/lib/backup/store/errors.js';
import { localStore } from '../../../../scripts/lib/backup/store/local.js';
import type { Store, StoredEntry } from '../../../../scripts/lib/backup/store/store.js';
import { bytes, contentOf, failing, failureOf, streamOf, stuck } from './bytes.js';

let folder: string;
let store: Store;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-store-'));
  store = localStore(join(folder, 'sets'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const files = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
const entries = async (prefix: string) => {
  const found: StoredEntry[] = [];
  for await (const entry of store.list(prefix)) found.push(entry);
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
};
const keys = async (prefix: string) => (await entries(prefix)).map(({ key }) => key);

describe('put and get', () => {
  test.each([0, 1, 64 * 1024, 1_000_003])('%i bytes come back as they were stored', async (count) => {
    const content = bytes(count);
    await store.put('app/set/x.dump', streamOf(content, 10_007));
    expect((await contentOf(store.get('app/set/x.dump'))).equals(content)).toBe(true);
    expect(files()).toEqual(['x.dump']);
  });

  test('nobody else on the machine can read what is stored', async () => {
    await store.put('app/set/x', streamOf(bytes(10)));
    expect(statSync(join(folder, 'sets/app/set/x')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'sets/app')).mode & 0o777).toBe(0o700);
  });

  test('nothing has the name before the stream has ended', async () => {
    const controller = new AbortController();
    const { body, isStuck } = stuck(bytes(100_000));
    const put = failureOf(store.put('app/set/x', body, controller.signal));
    await isStuck;
    expect(await keys('')).toEqual([]);
    expect(files()).toHaveLength(1);
    controller.abort(new Error('stop'));
    expect((await put).message).toBe('stop');
    expect(files()).toEqual([]);
  });

  test('a stream that throws leaves nothing, and its error comes out', async () => {
    const error = new Error('pg_dump was killed');
    expect(await failureOf(store.put('app/set/x', failing(bytes(100_000), error)))).toBe(error);
    expect(readdirSync(join(folder, 'sets'))).toEqual([]);
  });

  test('a stream that throws leaves what was there before', async () => {
    await store.put('app/set/x', streamOf(bytes(10)));
    await failureOf(store.put('app/set/x', failing(bytes(20), new Error('broken'))));
    expect((await contentOf(store.get('app/set/x'))).equals(bytes(10))).toBe(true);
  });

  test('an object is replaced', async () => {
    await store.put('x', streamOf(bytes(10)));
    await store.put('x', streamOf(bytes(5)));
    expect((await contentOf(store.get('x'))).length).toBe(5);
  });

  test.each(['nothing', 'app', 'app/set/x/y', 'app/other'])('there is no object %j', async (key) => {
    await store.put('app/set/x', streamOf(bytes(10)));
    expect(await failureOf(contentOf(store.get(key)))).toBeInstanceOf(MissingError);
  });

  test('a file that gets shorter while it is read is no whole file', async () => {
    await store.put('x', streamOf(bytes(1_000_000)));
    const stream = store.get('x')[Symbol.asyncIterator]();
    await stream.next();
    truncateSync(join(folder, 'sets/x'), 300_000);
    const rest = { [Symbol.asyncIterator]: () => stream };
    expect((await failureOf(contentOf(rest))).message).toMatch(/it ended after 300000 of 1000000 bytes/);
  });

  test('reading stops when its signal aborts', async () => {
    await store.put('x', streamOf(bytes(1_000_000)));
    const controller = new AbortController();
    const stream = store.get('x', controller.signal)[Symbol.asyncIterator]();
    await stream.next();
    controller.abort(new Error('stop'));
    expect((await failureOf(stream.next())).message).toBe('stop');
  });

  test.each(['../x', '/etc/x', 'a/../../x'])('the key %j does not lead out of the folder', async (key) => {
    expect(await failureOf(store.put(key, streamOf(bytes(1))))).toBeInstanceOf(StoreError);
    expect(await failureOf(contentOf(store.get(key)))).toBeInstanceOf(StoreError);
    expect(await failureOf(store.remove([key]))).toBeInstanceOf(StoreError);
    expect(files()).toEqual([]);
  });

  test('a folder that cannot be made is told with its path', async () => {
    writeFileSync(join(folder, 'file'), '');
    const failure = await failureOf(localStore(join(folder, 'file')).put('app/x', streamOf(bytes(1))));
    expect(failure).toBeInstanceOf(StoreError);
    expect(failure.message).toContain(join(folder, 'file/app/x'));
  });

  test('a full disk is told with what to change', async () => {
    // Every write to it fails as one to a full disk.
    mkdirSync(join(folder, 'sets'));
    symlinkSync('/dev/full', join(folder, 'sets/full'));
    const failure = await failureOf(writeThrough(join(folder, 'sets/full')));
    expect(failure.message).toMatch(/there is no space left/);
    expect(failure.hints?.join()).toContain('S3_BUCKET');
  });
});

async function writeThrough(path: string): Promise<void> {
  const { withFiles } = await import('../../../../scripts/lib/backup/store/local-errors.js');
  await withFiles(`writing ${path}`, async () => writeFileSync(path, 'x'));
}

describe('list', () => {
  beforeEach(async () => {
    for (const key of ['app/1/a', 'app/1/b', 'app/2/a', 'apple/1/a']) await store.put(key, streamOf(bytes(key.length)));
  });

  test.each([
    ['', ['app/1/a', 'app/1/b', 'app/2/a', 'apple/1/a']],
    ['app', ['app/1/a', 'app/1/b', 'app/2/a', 'apple/1/a']],
    ['app/', ['app/1/a', 'app/1/b', 'app/2/a']],
    ['app/1/a', ['app/1/a']],
    ['app/3/', []],
    ['nothing', []],
  ])('what begins with %j', async (prefix, expected) => {
    expect(await keys(prefix)).toEqual(expected);
  });

  test('says how long each is, and since when it is there', async () => {
    const [entry] = await entries('apple/');
    expect(entry?.bytes).toBe('apple/1/a'.length);
    expect(Math.abs(Date.now() - Number(entry?.modified))).toBeLessThan(60_000);
  });

  test('an empty store has nothing, whether its folder is there or not', async () => {
    store = localStore(join(folder, 'others'));
    expect(await keys('')).toEqual([]);
    expect(await store.sweep('')).toBe(0);
  });
});

describe('remove and sweep', () => {
  test('removing takes empty folders along, and minds nothing that is not there', async () => {
    await store.put('app/1/a', streamOf(bytes(1)));
    await store.put('app/2/a', streamOf(bytes(1)));
    await store.remove(['app/1/a', 'app/1/b', 'other/1/a']);
    expect(readdirSync(join(folder, 'sets/app'))).toEqual(['2']);
    await store.remove(['app/2/a']);
    expect(readdirSync(join(folder, 'sets'))).toEqual([]);
  });

  test('sweeping removes what was never finished below a prefix, and nothing else', async () => {
    const half = (path: string) => writeFileSync(join(folder, 'sets', path), 'half');
    for (const key of ['app/1/a', 'other/1/a']) await store.put(key, streamOf(bytes(1)));
    half('app/1/.b.0123456789ab.part');
    half('other/1/.b.0123456789ab.part');
    half('app/1/.b.part');
    expect(await keys('app/')).toEqual(['app/1/.b.part', 'app/1/a']);
    expect(await store.sweep('app/')).toBe(1);
    expect(files().sort()).toEqual(['.b.0123456789ab.part', '.b.part', 'a', 'a']);
    expect(await store.sweep('')).toBe(1);
  });

  test('probing leaves nothing', async () => {
    expect(await store.probe('app/')).toEqual([]);
    expect(readdirSync(join(folder, 'sets'))).toEqual([]);
  });
});
