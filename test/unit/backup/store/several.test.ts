import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MissingError, StoreError } from '../../../../scripts/lib/backup/store/errors.js';
import { localStore } from '../../../../scripts/lib/backup/store/local.js';
import { getFromAny, putToAll } from '../../../../scripts/lib/backup/store/several.js';
import type { Store } from '../../../../scripts/lib/backup/store/store.js';
import { bytes, contentOf, failing, failureOf, streamOf, stuck } from './bytes.js';

let folder: string;
let first: Store;
let second: Store;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-stores-'));
  first = localStore(join(folder, 'first'));
  second = localStore(join(folder, 'second'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const files = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
const full = new StoreError('full: there is no space left', { hints: ['make room'] });

/** A store that takes only so many bytes, and one that fails only after it has taken all of them. */
const small = (store: Store, most: number): Store => ({
  ...store,
  put: async (key, body, signal) => {
    async function* limited() {
      let taken = 0;
      for await (const piece of body) {
        taken += piece.length;
        if (taken > most) throw full;
        yield piece;
      }
    }
    await store.put(key, limited(), signal);
  },
});
const failingLast = (store: Store): Store => ({
  ...store,
  put: async (_key, body) => {
    for await (const _ of body);
    await new Promise(setImmediate);
    throw full;
  },
});
const removingNothing = (store: Store): Store => ({
  ...store,
  name: 'stubborn',
  remove: async () => {
    throw new StoreError('stubborn: it may not be removed');
  },
});
const unreachable = (store: Store): Store => ({
  ...store,
  // biome-ignore lint/correctness/useYield: it fails before its first byte
  get: async function* get() {
    throw new StoreError('unreachable: nobody listens there', { hints: ['S3_ENDPOINT: correct it'] });
  },
});
const brokenOff = (store: Store): Store => ({ ...store, get: () => failing(bytes(10), new StoreError('it broke off')) });

describe('putToAll', () => {
  test('each store gets all of it', async () => {
    const content = bytes(1_000_000);
    await putToAll([first, second], 'app/x', streamOf(content));
    for (const store of [first, second]) expect((await contentOf(store.get('app/x'))).equals(content)).toBe(true);
  });

  test('one store is the same as the store itself', async () => {
    await putToAll([first], 'x', streamOf(bytes(10)));
    expect((await contentOf(first.get('x'))).length).toBe(10);
  });

  test('a stream that throws leaves nothing anywhere', async () => {
    const error = new Error('pg_dump was killed');
    expect(await failureOf(putToAll([first, second], 'x', failing(bytes(500_000), error)))).toBe(error);
    expect(files()).toEqual([]);
  });

  test('a store that fails in the middle fails all of it', async () => {
    expect(await failureOf(putToAll([first, small(second, 200_000)], 'x', streamOf(bytes(1_000_000))))).toBe(full);
    expect(files()).toEqual([]);
  });

  test('a store that fails does not wait for a stream that says nothing', async () => {
    const { body, closed } = stuck(bytes(500_000));
    expect(await failureOf(putToAll([first, small(second, 200_000)], 'x', body))).toBe(full);
    await closed;
    expect(files()).toEqual([]);
  });

  test('what one store has already is taken back when another fails at the end', async () => {
    expect(await failureOf(putToAll([first, failingLast(second)], 'x', streamOf(bytes(1_000))))).toBe(full);
    expect(files()).toEqual([]);
  });

  test('what cannot be taken back joins the first error', async () => {
    const failure = await failureOf(putToAll([removingNothing(first), failingLast(second)], 'x', streamOf(bytes(1_000))));
    expect(failure).toMatchObject({
      message: full.message,
      details: ['stubborn keeps x: stubborn: it may not be removed'],
      hints: full.hints,
    });
  });

  test('it stops when its signal aborts', async () => {
    const controller = new AbortController();
    const { body, isStuck } = stuck(bytes(100_000));
    const put = failureOf(putToAll([first, second], 'x', body, controller.signal));
    await isStuck;
    controller.abort(new Error('stop'));
    expect((await put).message).toBe('stop');
    expect(files()).toEqual([]);
  });
});

describe('getFromAny', () => {
  test('the first store that has it is read', async () => {
    await second.put('x', streamOf(bytes(10)));
    expect((await contentOf(getFromAny([first, second], 'x'))).length).toBe(10);
    await first.put('x', streamOf(bytes(20)));
    expect((await contentOf(getFromAny([first, second], 'x'))).length).toBe(20);
  });

  test('an empty object is an object', async () => {
    await first.put('x', streamOf(bytes(0)));
    expect((await contentOf(getFromAny([first, second], 'x'))).length).toBe(0);
  });

  test('a store that cannot be reached is passed over', async () => {
    await second.put('x', streamOf(bytes(10)));
    expect((await contentOf(getFromAny([unreachable(first), second], 'x'))).length).toBe(10);
  });

  test('after the first byte no other store is asked', async () => {
    await second.put('x', streamOf(bytes(20)));
    expect((await failureOf(contentOf(getFromAny([brokenOff(first), second], 'x')))).message).toBe('it broke off');
  });

  test('what no store has is missing', async () => {
    expect(await failureOf(contentOf(getFromAny([first, second], 'x')))).toBeInstanceOf(MissingError);
  });

  test('what one store does not have and another does not tell is not missing', async () => {
    const failure = await failureOf(contentOf(getFromAny([first, unreachable(second)], 'x')));
    expect(failure).not.toBeInstanceOf(MissingError);
    expect(failure.details).toEqual(['local: there is no x', 'unreachable: nobody listens there']);
    expect(failure.hints).toEqual(['S3_ENDPOINT: correct it']);
  });
});
