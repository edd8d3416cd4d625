import { join } from 'node:path';
import { unpack } from '../pipe/unpack.js';
import { unpackInto } from '../pipe/unpack-file.js';
import type { Manifest, StoredObject } from '../set.js';
import type { Store } from '../store/store.js';
import type { Context } from './context.js';
import { progressOf } from './event.js';

/**
 * Unpacks an object of a set, whole and checked, as a stream.
 *
 * @throws DamagedError, before it ends, when it is not what the manifest says
 */
export function openObject(context: Context, store: Store, { set }: Manifest, object: StoredObject): AsyncIterable<Uint8Array> {
  const { signal, secrets, stack, tell } = context;
  return unpack(store.get(`${stack}/${set}/${object.name}`, signal), object, {
    identity: secrets.BACKUP_AGE_IDENTITY.reveal(),
    signal,
    onBytes: progressOf(object.name, tell),
  });
}

/**
 * Unpacks an object of a set into a file, and checks it. Do not use the file when this throws.
 *
 * @returns the file's path
 */
export async function download(context: Context, store: Store, manifest: Manifest, object: StoredObject, folder: string): Promise<string> {
  const file = join(folder, object.name.replace(/\.zst(\.age)?$/, ''));
  const { signal, secrets, stack, tell } = context;
  await unpackInto(file, store.get(`${stack}/${manifest.set}/${object.name}`, signal), object, {
    identity: secrets.BACKUP_AGE_IDENTITY.reveal(),
    signal,
    onBytes: progressOf(object.name, tell),
  });
  return file;
}
