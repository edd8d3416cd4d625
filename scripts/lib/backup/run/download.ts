import { join } from 'node:path';
import { unpack } from '../pipe/unpack.js';
import { type Unpacking, unpackIntoFile, unpackIntoProgram } from '../pipe/unpack-into.js';
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
  return unpack(storedBytes(context, store, set, object), object, unpackingOf(context, object));
}

/**
 * Unpacks an object of a set into a file, and checks it. Do not use the file when this throws.
 *
 * @returns the file's path
 */
export async function download(context: Context, store: Store, { set }: Manifest, object: StoredObject, folder: string): Promise<string> {
  const file = join(folder, object.name.replace(/\.zst(\.age)?$/, ''));
  await unpackIntoFile(file, storedBytes(context, store, set, object), object, unpackingOf(context, object));
  return file;
}

/**
 * Unpacks an object of a set into a program's standard input, and checks it. What the program made of it must count for
 * nothing when this throws.
 *
 * @param env the program's environment
 */
export function pour(
  context: Context,
  store: Store,
  { set }: Manifest,
  object: StoredObject,
  command: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  return unpackIntoProgram(command, env, storedBytes(context, store, set, object), object, unpackingOf(context, object));
}

function storedBytes({ stack, signal }: Context, store: Store, set: string, { name }: StoredObject): AsyncIterable<Uint8Array> {
  return store.get(`${stack}/${set}/${name}`, signal);
}

function unpackingOf({ signal, secrets, tell }: Context, { name }: StoredObject): Unpacking {
  return { identity: secrets.BACKUP_AGE_IDENTITY.reveal(), signal, onBytes: progressOf(name, tell) };
}
