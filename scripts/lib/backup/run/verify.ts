import { SlipwayError } from '../../errors.js';
import { checkRdb } from '../kinds/redis.js';
import { GLOBALS } from '../names.js';
import { start } from '../pipe/child.js';
import { feed } from '../pipe/feed.js';
import { isEncrypted, readThrough, unpack } from '../pipe/unpack.js';
import type { Manifest, StoredObject } from '../set.js';
import type { Store } from '../store/store.js';
import type { Context } from './context.js';
import { progressOf } from './event.js';

/** What reading a set back came to. */
export interface Verification {
  set: string;
  store: string;
  /** Objects whose inside was read as well: unpacked, and understood by the program that would restore it. */
  understood: number;
  /** Encrypted objects that only their checksum speaks for, since there is no identity here. */
  sealed: number;
}

/**
 * Reads all of a set back from one store: length and checksum of what is stored and of what it unpacks to, and whether
 * pg_restore, redis-check-rdb and tar can read it to its end. `pg_restore -l` would not do: it is content with a
 * truncated dump (measured).
 *
 * @throws SlipwayError listing every object that is damaged
 */
export async function verifySet(context: Context, store: Store, manifest: Manifest): Promise<Verification> {
  const result: Verification = { set: manifest.set, store: store.name, understood: 0, sealed: 0 };
  const problems: string[] = [];
  for (const object of manifest.objects) {
    const began = performance.now();
    context.tell({ event: 'part-began', part: object.name, expected: object.stored.bytes });
    try {
      await verifyObject(context, store, manifest, object, result);
    } catch (error) {
      if (context.signal.aborted) throw context.signal.reason;
      if (!(error instanceof SlipwayError)) throw error;
      problems.push(
        [error.message.startsWith(object.name) ? '' : `${object.name}: `, error.message, ...error.details.slice(-1)].join(' ').trim(),
      );
      continue;
    }
    const seconds = (performance.now() - began) / 1_000;
    context.tell({ event: 'part-done', part: object.name, bytes: object.plain.bytes, stored: object.stored.bytes, seconds });
  }
  if (problems.length === 0) return result;
  throw new SlipwayError(`the set ${manifest.set} in ${store.name} is damaged`, {
    details: problems,
    hints: ['choose another set: npx zx scripts/backup.mjs list'],
  });
}

async function verifyObject(context: Context, store: Store, { set }: Manifest, object: StoredObject, result: Verification): Promise<void> {
  const { signal, secrets, stack, tell } = context;
  const stored = store.get(`${stack}/${set}/${object.name}`, signal);
  const onBytes = progressOf(object.name, tell);
  const identity = secrets.BACKUP_AGE_IDENTITY.reveal();
  if (isEncrypted(object) && identity === '') {
    await readThrough(stored, object, onBytes);
    result.sealed++;
    return;
  }
  await understand(context, object, unpack(stored, object, { identity, signal, onBytes }));
  result.understood++;
}

/** Has the program that would restore it read it to its end. */
async function understand({ environment, signal }: Context, object: StoredObject, plain: AsyncIterable<Uint8Array>): Promise<void> {
  if (object.kind === 'redis') {
    await checkRdb(plain, environment);
    return;
  }
  if (object.kind === 'postgres' && object.source === GLOBALS) return drain(plain);
  const [program, ...args] =
    object.kind === 'postgres' ? (['pg_restore', '--file=/dev/null'] as const) : (['tar', '--list', '--file=-'] as const);
  const reader = start(program, args, { env: { PATH: environment.PATH }, signal });
  reader.stdout.resume();
  await feed(plain, reader);
  await reader.ended;
}

async function drain(source: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of source);
}
