import { SlipwayError } from '../../errors.js';
import type { RestoreTarget } from '../kinds/pg-restore.js';
import type { Context } from '../run/context.js';
import { download, openObject, pour } from '../run/download.js';
import type { Manifest, StoredObject } from '../set.js';
import type { Store } from '../store/store.js';

/** A restore failed. */
export class RestoreError extends SlipwayError {}

/** A set that is read, and the stores that have it, the cheapest to read from first. */
export interface Source {
  /** With the stack that the set is of, which may be another one than this. */
  context: Context;
  manifest: Manifest;
  stores: readonly Store[];
}

/** @returns where pg_restore works: the stack's own Postgres */
export function targetOf({ postgres, environment, signal }: Context, folder: string): RestoreTarget {
  return { server: postgres.server, environment, folder, signal };
}

/** @returns the object of that kind and source, as the set has it */
export function objectOf({ manifest }: Source, kind: StoredObject['kind'], source?: string): StoredObject {
  const object = manifest.objects.find((one) => one.kind === kind && (source === undefined || one.source === source));
  if (object) return object;
  throw new RestoreError(`the set ${manifest.set} has no ${kind}${source === undefined ? '' : ` ${source}`}`);
}

/**
 * Does something with an object of a set, unpacked.
 *
 * @param use reads the stream to its end; what it made of a stream that threw must count for nothing
 */
export async function fromAnyStore<T>(
  source: Source,
  object: StoredObject,
  use: (plain: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  return inAnyStore(source, (store) => use(openObject(source.context, store, source.manifest, object)));
}

/** Unpacks an object of a set into a folder. @returns the file's path */
export async function fetchFile(source: Source, object: StoredObject, folder: string): Promise<string> {
  return inAnyStore(source, (store) => download(source.context, store, source.manifest, object, folder));
}

/** Unpacks an object of a set into a program's standard input; into a new one for each store that is tried. */
export async function pourFromAnyStore(
  source: Source,
  object: StoredObject,
  command: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  return inAnyStore(source, (store) => pour(source.context, store, source.manifest, object, command, env));
}

/** Where one store's copy is damaged or cannot be read, the next store's is taken, and that is told. */
async function inAnyStore<T>({ context, manifest, stores }: Source, action: (store: Store) => Promise<T>): Promise<T> {
  let first: SlipwayError | undefined;
  for (const store of stores) {
    try {
      return await action(store);
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof SlipwayError)) throw error;
      first ??= error;
      if (stores.length > 1) context.tell({ event: 'warning', text: `${store.name}: ${error.message}` });
    }
  }
  throw first ?? new RestoreError(`no store has the set ${manifest.set}`);
}
