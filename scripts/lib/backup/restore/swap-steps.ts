import { messageOf } from '../../errors.js';
import { quoteName } from '../kinds/postgres-client.js';
import type { StepDone, Swap } from '../sidecar/restore-results.js';
import { mountedOf, swapFiles } from './files.js';
import { complete, type Operation, recordOf, save } from './operation.js';
import { propertiesOfLive } from './properties.js';
import { replaceData } from './redis-swap.js';
import { isComplete } from './settle.js';
import { databaseSizes, isSwapped, swapIn, swapOut } from './swap-databases.js';
import { RestoreError, targetOf } from './work.js';

/** What was unpacked takes its place; when a restore is undone, what was there before has it again. */
export async function swapFilesStep(operation: Operation): Promise<StepDone> {
  const { state, volumes, stamp } = recordOf(operation);
  const socket = operation.context.paths.filesSocket;
  await swapFiles(socket, state === 'undoing' ? 'undo' : 'swap', await mountedOf(socket, volumes), stamp);
  await finishIfComplete(operation);
  return { detail: undefined };
}

/** Restored databases take the live ones' places; when a restore is undone, the other way round. */
export async function swapPostgresStep(operation: Operation): Promise<StepDone> {
  const { server } = operation.context.postgres;
  const { state, swaps } = recordOf(operation);
  const databases = await databaseSizes(server);
  if (state === 'undoing')
    await swapOut(
      server,
      swaps.filter((swap) => isSwapped(swap, databases)),
    );
  else await swapIn(server, swaps, await statementsFor(operation, swaps));
  await finishIfComplete(operation);
  return { detail: undefined };
}

/** Redis takes over the data of the throwaway server. */
export async function swapRedisStep(operation: Operation): Promise<StepDone> {
  const { context, redis } = operation;
  if (!redis) throw new RestoreError('no Redis data were loaded');
  await replaceData(context.redis, redis.server, { signal: context.signal, begun: (replid) => save(operation, { replid }) });
  await finishIfComplete(operation);
  return { detail: `${redis.keys} keys` };
}

/** One after the other: they share the work folder. */
async function statementsFor(operation: Operation, swaps: readonly Swap[]): Promise<string[]> {
  const statements: string[] = [];
  for (const swap of swaps) statements.push(...(await statementsAfter(operation, swap)));
  return statements;
}

/**
 * What a restored database is to be like beside its content. That is what the live one is like, since somebody may have
 * changed it after the set was made; where the live one is missing or has nothing in it yet, what the set says.
 *
 * @returns statements that have the live database's name
 */
async function statementsAfter({ context, facts, properties, folder }: Operation, { name }: Swap): Promise<string[]> {
  const live = facts?.databases.find((database) => database.name === name)?.live;
  if (live && !live.empty) {
    try {
      return (await propertiesOfLive(targetOf(context, folder), name)).statements;
    } catch (error) {
      context.signal.throwIfAborted();
      // A live database that is damaged is a reason to restore.
      context.tell({
        event: 'warning',
        text: `owner, grants and settings of ${name} are the set's: those of the live one cannot be read: ${messageOf(error)}`,
      });
    }
  }
  const dumped = properties.get(name);
  return dumped && [name, quoteName(name)].includes(dumped.name ?? '') ? dumped.statements : [];
}

async function finishIfComplete(operation: Operation): Promise<void> {
  const { state } = recordOf(operation);
  if (!(await isComplete(operation.context, recordOf(operation)))) return;
  save(operation, { state: state === 'undoing' ? 'undone' : 'done' });
  complete(operation);
}
