import { messageOf, SlipwayError } from '../../errors.js';
import { infoField, withRedis } from '../kinds/redis-client.js';
import type { Context } from '../run/context.js';
import type { SessionEnd } from '../sidecar/restore-results.js';
import { inScratch } from '../throwaway/folder.js';
import { dropFiles, filesState, mountedOf, swapFiles } from './files.js';
import { findSource, unpinSet } from './find-source.js';
import { loadRedis } from './load-redis.js';
import { isCutOff, type RestoreRecord, readRecords, removeRecord, saveRecord } from './record.js';
import { hasTaken, replaceData, standAlone } from './redis-swap.js';
import { databaseSizes, dropDatabase, isSwapped, swapIn, swapOut } from './swap-databases.js';

/**
 * Puts in order whatever restores that were cut off have left: one that had got everything into its place is complete, any
 * other is taken back. Call it while holding the backup lock.
 *
 * @returns what was done and what could not be, a line each; the restores that are complete
 */
export async function settleAll(context: Context): Promise<{ mended: string[]; completed: string[]; problems: string[] }> {
  const all = { mended: [] as string[], completed: [] as string[], problems: [] as string[] };
  for (const record of readRecords(context.paths.scratch).filter(isCutOff)) {
    const what = `the ${record.state === 'undoing' ? 'undoing of the restore' : 'restore'} ${record.stamp}`;
    const { complete, undone, problems } = await inScratch(context.paths.scratch, (folder) => settle(context, record, folder));
    all.mended.push(`${what}, which was cut off, ${complete ? 'had been complete' : 'was taken back'}`, ...undone);
    if (complete) all.completed.push(record.stamp);
    all.problems.push(...problems.map((problem) => `${what}: ${problem}`));
  }
  return all;
}

/** Ends one restore, or the undoing of one: says that it is complete, or takes it back. */
export async function settle(context: Context, record: RestoreRecord, folder: string): Promise<SessionEnd> {
  const end: SessionEnd = { undone: [], problems: [], complete: false };
  const attempt = async (what: string, action: () => Promise<boolean>): Promise<void> => {
    try {
      if (await action()) end.undone.push(what);
    } catch (error) {
      end.problems.push(`${what}: ${messageOf(error)}`);
    }
  };
  if (record.redis) await attempt('Redis takes no more data from the set', () => freeRedis(context));
  end.complete = await isComplete(context, record).catch((error: unknown) => {
    end.problems.push(messageOf(error));
    return false;
  });
  const { scratch } = context.paths;
  if (end.complete) {
    saveRecord(scratch, { ...record, state: record.state === 'undoing' ? 'undone' : 'done' });
    return end;
  }
  if (end.problems.length > 0) return end;
  if (record.state === 'undoing') await redo(context, record, attempt);
  else await takeBack(context, record, folder, attempt);
  if (end.problems.length > 0) return end;
  if (record.state === 'undoing') saveRecord(scratch, { ...record, state: 'done' });
  else removeRecord(scratch, record.stamp);
  await letGo(context, record);
  return end;
}

/** A safety set of something that did not happen is one like any other. Where that cannot be said now, it only stays longer. */
async function letGo(context: Context, { state, pinned, safetySet }: RestoreRecord): Promise<void> {
  for (const set of pinned.filter((one) => state === 'restoring' || one !== safetySet)) {
    try {
      await unpinSet(context, set);
    } catch (error) {
      if (!(error instanceof SlipwayError)) throw error;
      context.tell({ event: 'warning', text: `the safety set ${set} stays pinned: ${error.message}` });
    }
  }
}

type Attempt = (what: string, action: () => Promise<boolean>) => Promise<void>;

/** Takes back a restore that did not get everything into its place. */
async function takeBack(context: Context, record: RestoreRecord, folder: string, attempt: Attempt): Promise<void> {
  const { postgres, paths } = context;
  const { server } = postgres;
  const { replid, safetySet, stamp } = record;
  if (replid !== undefined) await attempt('Redis has its data of before again', () => bringBackRedis(context, replid, safetySet, folder));
  const databases = await databaseSizes(server);
  const swapped = record.swaps.filter((swap) => isSwapped(swap, databases));
  await attempt('the databases of before are live again', () => swapOut(server, swapped).then(() => swapped.length > 0));
  for (const volume of await mountedOf(paths.filesSocket, record.volumes)) {
    await attempt(`${volume} has its files of before`, async () => {
      const state = await filesState(paths.filesSocket, volume, stamp);
      await swapFiles(paths.filesSocket, 'undo', [volume], stamp);
      await dropFiles(paths.filesSocket, volume, stamp);
      return state === 'swapped' || state === 'between';
    });
  }
  for (const name of [...record.swaps.map(({ fresh }) => fresh), ...record.beside.map((one) => one.name)]) {
    await attempt(`dropped ${name}`, () =>
      dropDatabase(server, name).then(() => databases.has(name) || swapped.some(({ fresh }) => fresh === name)),
    );
  }
}

/** Takes back the undoing of a restore: what it had restored is live again. */
async function redo({ postgres, paths }: Context, record: RestoreRecord, attempt: Attempt): Promise<void> {
  const databases = await databaseSizes(postgres.server);
  const away = record.swaps.filter((swap) => !isSwapped(swap, databases));
  await attempt('the restored databases are live again', () => swapIn(postgres.server, away, []).then(() => away.length > 0));
  for (const volume of await mountedOf(paths.filesSocket, record.volumes)) {
    await attempt(`${volume} has the restored files again`, async () => {
      const state = await filesState(paths.filesSocket, volume, record.stamp);
      if (state !== 'swapped') await swapFiles(paths.filesSocket, 'swap', [volume], record.stamp);
      return state !== 'swapped';
    });
  }
}

/** @returns whether everything that was meant is in its place, by the word of the servers and volumes */
export async function isComplete(context: Context, record: RestoreRecord): Promise<boolean> {
  const { postgres, paths } = context;
  const { state, swaps, volumes, replid, stamp, beside } = record;
  const redis = state === 'undoing' ? record.undoRedis : record.redis;
  if (beside.length > 0 || swaps.length + volumes.length + Number(redis) === 0) return false;
  if (redis && (replid === undefined || !(await hasTaken(context.redis, replid)))) return false;
  const isThere = state === 'restoring';
  const databases = await databaseSizes(postgres.server);
  if (swaps.some((swap) => isSwapped(swap, databases) !== isThere)) return false;
  for (const volume of await mountedOf(paths.filesSocket, volumes)) {
    const found = await filesState(paths.filesSocket, volume, stamp);
    if (found === 'between' || (found === 'swapped') !== isThere) return false;
  }
  return true;
}

/** A server that was told to take a throwaway server's data is left its replica, and read-only, when the command is killed. */
async function freeRedis({ redis }: Context): Promise<boolean> {
  return withRedis(redis, async (client) => {
    if (infoField(await client.info('replication'), 'role') !== 'slave') return false;
    await standAlone(client);
    return true;
  });
}

async function bringBackRedis(context: Context, replid: string, safetySet: string | undefined, folder: string): Promise<boolean> {
  if (!(await hasTaken(context.redis, replid))) return false;
  if (safetySet === undefined) throw new Error('it has the data of the set, and there is no safety set to bring its own back from');
  const loaded = await loadRedis(await findSource(context, safetySet, ['redis'], context.stack), folder);
  try {
    await replaceData(context.redis, loaded.server, { signal: context.signal, begun: () => {} });
    return true;
  } finally {
    await loaded.release();
  }
}
