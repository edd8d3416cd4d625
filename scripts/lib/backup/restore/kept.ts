import type { Context } from '../run/context.js';
import type { KeptRestore, KeptRestores } from '../sidecar/restore-results.js';
import { isCutOff, type RestoreRecord, readRecords } from './record.js';
import { databaseSizes } from './swap-databases.js';

/** @returns what restores have left for --undo and --forget */
export async function keptRestores({ paths, postgres }: Context): Promise<KeptRestores> {
  const records = readRecords(paths.scratch);
  const databases = await databaseSizes(postgres.server);
  return {
    restores: records.flatMap((record) => keptBy(record, databases)),
    cutOff: records.filter(isCutOff).map(({ stamp }) => stamp),
  };
}

function keptBy(record: RestoreRecord, databases: ReadonlyMap<string, number>): KeptRestore[] {
  const { stamp, state, set, stack, swaps, volumes, redis, safetySet, pinned, beside, release } = record;
  if (state !== 'done' && state !== 'undone') return [];
  const names = [...swaps.map(({ fresh, before }) => (state === 'done' ? before : fresh)), ...beside.map(({ name }) => name)];
  const kept = names.flatMap((name) => {
    const bytes = name === undefined ? undefined : databases.get(name);
    return name === undefined || bytes === undefined ? [] : [{ name, bytes }];
  });
  return [{ stamp, state, set, stack, swaps, volumes, redis, safetySet, pinned, databases: kept, release }];
}
