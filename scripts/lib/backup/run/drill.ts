import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SlipwayError } from '../../errors.js';
import { restoreGlobals, restoreWhole } from '../kinds/pg-restore.js';
import { withPostgres } from '../kinds/postgres-client.js';
import { countRows, differences } from '../kinds/rows.js';
import { GLOBALS } from '../names.js';
import { isEncrypted } from '../pipe/unpack.js';
import type { Manifest, StoredObject } from '../set.js';
import type { Store } from '../store/store.js';
import { inScratch } from '../throwaway/folder.js';
import { withThrowawayPostgres } from '../throwaway/postgres.js';
import { keyCount, withThrowawayRedis } from '../throwaway/redis.js';
import type { Context } from './context.js';
import { download } from './download.js';
import { verifySet } from './verify.js';

/** What a drill came to. */
export interface DrillResult {
  set: string;
  store: string;
  /** From the first byte that was fetched to the last one that was compared. */
  seconds: number;
  /** Rows and keys that were found again. */
  rows: number;
  keys: number;
  /** false: the set is encrypted and there is no identity here, so only its checksums were read. */
  restored: boolean;
}

/**
 * Restores a set into a throwaway Postgres and a throwaway Redis, and compares every table's rows and the number of keys
 * with the manifest. The other parts are read to their end by the program that would restore them.
 *
 * @throws SlipwayError saying what does not restore, or differs
 */
export async function drillSet(context: Context, store: Store, manifest: Manifest): Promise<DrillResult> {
  const began = performance.now();
  const result: DrillResult = { set: manifest.set, store: store.name, seconds: 0, rows: 0, keys: 0, restored: true };
  const sealed = manifest.objects.some(isEncrypted) && context.secrets.BACKUP_AGE_IDENTITY.reveal() === '';
  if (sealed) {
    await verifySet(context, store, manifest);
    result.restored = false;
  } else {
    const others = manifest.objects.filter(({ kind }) => kind === 'files' || kind === 'config');
    await verifySet(context, store, { ...manifest, objects: others });
    await inScratch(context.paths.scratch, async (folder) => {
      result.rows = await drillPostgres(context, store, manifest, folder);
      result.keys = await drillRedis(context, store, manifest, folder);
    });
  }
  result.seconds = Math.round(performance.now() - began) / 1_000;
  return result;
}

/** @returns how many rows were found again */
async function drillPostgres(context: Context, store: Store, manifest: Manifest, folder: string): Promise<number> {
  const objects = manifest.objects.filter(({ kind }) => kind === 'postgres');
  if (objects.length === 0) return 0;
  const { environment, signal } = context;
  return withThrowawayPostgres(folder, environment, signal, async (server) => {
    const target = { server, environment, folder, signal };
    const globals = objects.find(({ source }) => source === GLOBALS);
    if (globals)
      await part(context, globals, async () => restoreGlobals(target, await download(context, store, manifest, globals, folder)));
    let rows = 0;
    for (const object of objects.filter((one) => one !== globals)) {
      await part(context, object, async () => {
        const file = await download(context, store, manifest, object, folder);
        await restoreWhole(target, object.source, file);
        const found = await withPostgres(server, object.source, countRows);
        assertSame(object, differences(object.rows ?? {}, found));
        rows += Object.values(found).reduce((sum, count) => sum + count, 0);
        rmSync(file);
      });
    }
    return rows;
  });
}

/** @returns how many keys were found again */
async function drillRedis(context: Context, store: Store, manifest: Manifest, folder: string): Promise<number> {
  const object = manifest.objects.find(({ kind }) => kind === 'redis');
  if (!object) return 0;
  let found = 0;
  await part(context, object, async () => {
    const data = join(folder, 'redis');
    mkdirSync(data, { mode: 0o700 });
    renameSync(await download(context, store, manifest, object, folder), join(data, 'dump.rdb'));
    const { environment, signal } = context;
    found = await withThrowawayRedis(data, environment, { signal, reach: 'here', password: undefined }, keyCount);
    const { total, expires } = object.keys ?? { total: 0, expires: 0 };
    // Keys with a time to live may have lived it by now.
    if (found > total || found < total - expires)
      assertSame(object, [`${found} keys, the set has ${total}, ${expires} of them with a time to live`]);
  });
  return found;
}

async function part(context: Context, object: StoredObject, action: () => Promise<void>): Promise<void> {
  const began = performance.now();
  context.tell({ event: 'part-began', part: object.name, expected: object.stored.bytes });
  await action();
  const seconds = (performance.now() - began) / 1_000;
  context.tell({ event: 'part-done', part: object.name, bytes: object.plain.bytes, stored: object.stored.bytes, seconds });
}

function assertSame({ name }: StoredObject, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new SlipwayError(`${name}: what was restored is not what the manifest says`, { details: problems });
}
