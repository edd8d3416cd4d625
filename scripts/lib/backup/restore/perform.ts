import type { SidecarStep, StepDone } from '../sidecar/restore-results.js';
import { dropFiles, loadFiles, mountedOf } from './files.js';
import { unpinSet } from './find-source.js';
import { databaseStep, redisStep, rolesStep, tablesStep, takeSafetySet } from './load-steps.js';
import { type Operation, recordOf, sourceOf } from './operation.js';
import { removeRecord } from './record.js';
import { dropDatabase } from './swap-databases.js';
import { swapFilesStep, swapPostgresStep, swapRedisStep } from './swap-steps.js';

/** Does one step. @returns a few words about it, for the person */
export async function perform(operation: Operation, step: SidecarStep): Promise<StepDone> {
  switch (step.kind) {
    case 'safety-set':
      return takeSafetySet(operation, step.kinds);
    case 'roles':
      return rolesStep(operation);
    case 'load-database':
      return databaseStep(operation, step.database, step.into);
    case 'load-tables':
      return tablesStep(operation, step.database, step.into, step.tables);
    case 'load-files':
      return done(loadFiles(sourceOf(operation), step.volume, recordOf(operation).stamp));
    case 'load-redis':
      return redisStep(operation);
    case 'swap-files':
      return swapFilesStep(operation);
    case 'swap-postgres':
      return swapPostgresStep(operation);
    case 'swap-redis':
      return swapRedisStep(operation);
    case 'drop-database':
      return done(dropDatabase(operation.context.postgres.server, step.name));
    case 'drop-files':
      return done(forgetFiles(operation, step.volume, step.stamp));
    case 'unpin':
      return { detail: (await unpinSet(operation.context, step.set)) ? undefined : 'it is gone already' };
    case 'forget':
      removeRecord(operation.context.paths.scratch, step.stamp);
      return { detail: undefined };
  }
}

async function done(work: Promise<unknown>): Promise<StepDone> {
  await work;
  return { detail: undefined };
}

/** A volume that the app has no more, and that is mounted no more, is no hindrance. */
async function forgetFiles({ context }: Operation, volume: string, stamp: string): Promise<void> {
  const socket = context.paths.filesSocket;
  for (const mounted of await mountedOf(socket, [volume])) await dropFiles(socket, mounted, stamp);
}
