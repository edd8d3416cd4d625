import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { keyOf } from '../../../scripts/lib/backup/keys.js';
import { writeManifest } from '../../../scripts/lib/backup/manifest.js';
import type { Manifest } from '../../../scripts/lib/backup/set.js';
import { localStore } from '../../../scripts/lib/backup/store/local.js';
import type { Store } from '../../../scripts/lib/backup/store/store.js';
import { manifestOf, storedObject } from './sets.js';

/** A store in a folder of its own, and where that is. */
export interface TestStore extends Store {
  folder: string;
}

/** @returns a store that is empty and goes with the test */
export async function newStore(name: string): Promise<TestStore> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-sets-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return { ...localStore(folder), name, folder };
}

/** Makes a store fail whatever it is asked: its folder becomes a link to itself. */
export async function breakStore({ folder }: TestStore): Promise<void> {
  await rm(folder, { recursive: true });
  await symlink(folder, folder);
}

export async function putText(store: Store, key: string, text: string): Promise<void> {
  await store.put(
    key,
    (async function* () {
      yield Buffer.from(text);
    })(),
  );
}

/** Stores a set of two objects in every store, its manifest last. */
export async function putSet(stores: readonly Store[], began: string | Date, rest: Partial<Manifest> = {}): Promise<Manifest> {
  const plain = manifestOf(began, rest);
  const objects = [storedObject(`db_app_${plain.set}.dump.zst`), storedObject(`redis_${plain.set}.rdb.zst`, 'redis', 3)];
  const manifest = { ...plain, objects, ...rest };
  for (const store of stores) {
    for (const { name, stored } of manifest.objects)
      await putText(store, keyOf(manifest.stack, manifest.set, name), 'x'.repeat(stored.bytes));
    await putText(store, keyOf(manifest.stack, manifest.set, 'manifest.json'), writeManifest(manifest));
  }
  return manifest;
}

/** @returns the keys of everything that a store has, in alphabetical order */
export async function keysIn(store: Store): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list('')) keys.push(key);
  return keys.sort();
}
