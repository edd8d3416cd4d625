import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { messageOf } from '../../errors.js';
import { MissingError, StoreError } from './errors.js';
import { joined } from './joined.js';
import { checkKey, checkPrefix, unfinishedName } from './key.js';
import { withFiles } from './local-errors.js';
import { filesUnder, isGone, makeFolder, removeEmptyFolders, removeFile, syncFolder } from './local-files.js';
import { roundTrip } from './round-trip.js';
import type { Store, StoredEntry } from './store.js';
import { newStop, untilAborted } from './until-aborted.js';

/** Bytes that are read from a file at a time. */
const PIECE = 256 * 1024;

/**
 * Keeps sets as files: a key is the file's path below a folder. A file has its name only when all of it is on the disk.
 *
 * @param folder an absolute path; made when it is missing
 */
export function localStore(folder: string): Store {
  const root = resolve(folder);
  const store: Store = {
    name: 'local',
    put: (key, body, signal) => put(root, key, body, signal),
    get: (key, signal) => get(root, key, signal),
    list: (prefix) => list(root, prefix),
    remove: (keys) => remove(root, keys),
    sweep: (prefix) => sweep(root, prefix),
    probe: async (prefix) => {
      checkPrefix(prefix);
      await roundTrip(store, prefix);
      return [];
    },
  };
  return store;
}

async function put(root: string, key: string, body: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<void> {
  checkKey(key);
  const path = join(root, key);
  const temporary = join(dirname(path), unfinishedName(basename(path), randomBytes(6).toString('hex')));
  const what = `local: writing ${path}`;
  const stop = newStop(signal);
  try {
    await withFiles(what, () => makeFolder(dirname(path)));
    const file = await withFiles(what, () => open(temporary, 'wx', 0o600));
    await write(file, untilAborted(body, stop.signal), what);
    await withFiles(what, async () => {
      await rename(temporary, path);
      await syncFolder(dirname(path));
    });
  } catch (error) {
    throw joined(error, await leftBy(root, temporary));
  } finally {
    stop.done();
  }
}

async function write(file: FileHandle, body: AsyncIterable<Uint8Array>, what: string): Promise<void> {
  try {
    for await (const piece of body) await withFiles(what, () => file.writeFile(piece));
    await withFiles(what, () => file.sync());
  } finally {
    await file.close();
  }
}

/** @returns what could not be cleaned up */
async function leftBy(root: string, temporary: string): Promise<string[]> {
  try {
    await removeFile(temporary);
    await removeEmptyFolders(root, dirname(temporary));
    return [];
  } catch (error) {
    return [`${temporary} stays until the next run: ${messageOf(error)}`];
  }
}

async function* get(root: string, key: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  checkKey(key);
  const path = join(root, key);
  const what = `local: reading ${path}`;
  const missing = () => new MissingError(`local: there is no ${key}`);
  const file = await withFiles(what, () => open(path, 'r').catch((error: unknown) => Promise.reject(isGone(error) ? missing() : error)));
  try {
    const about = await withFiles(what, () => file.stat());
    if (!about.isFile()) throw missing();
    for (let at = 0; at < about.size; ) {
      signal?.throwIfAborted();
      const { bytesRead, buffer } = await withFiles(what, () => file.read(Buffer.allocUnsafe(PIECE), 0, PIECE, at));
      if (bytesRead === 0) throw new StoreError(`${what}: it ended after ${at} of ${about.size} bytes`);
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function* list(root: string, prefix: string): AsyncGenerator<StoredEntry> {
  checkPrefix(prefix);
  const what = `local: listing ${join(root, prefix)}`;
  const files = filesUnder(root, prefix);
  for (;;) {
    const next = await withFiles(what, () => files.next());
    if (next.done) return;
    const { path, key, unfinished } = next.value;
    if (unfinished) continue;
    const about = await withFiles(what, () => stat(path).catch((error: unknown) => (isGone(error) ? undefined : Promise.reject(error))));
    if (about) yield { key, bytes: about.size, modified: about.mtime };
  }
}

async function remove(root: string, keys: readonly string[]): Promise<void> {
  for (const key of keys) checkKey(key);
  for (const path of keys.map((key) => join(root, key))) {
    await withFiles(`local: removing ${path}`, async () => {
      if (await removeFile(path)) await removeEmptyFolders(root, dirname(path));
    });
  }
}

async function sweep(root: string, prefix: string): Promise<number> {
  checkPrefix(prefix);
  return withFiles(`local: sweeping ${join(root, prefix)}`, async () => {
    let removed = 0;
    for await (const { path, unfinished } of filesUnder(root, prefix)) {
      if (!unfinished || !(await removeFile(path))) continue;
      removed++;
      await removeEmptyFolders(root, dirname(path));
    }
    return removed;
  });
}
