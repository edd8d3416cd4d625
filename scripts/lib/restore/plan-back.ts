import type { KeptRestore, KeptRestores } from '../backup/sidecar/restore-results.js';
import { formatBytes } from '../config/durations.js';
import { SlipwayError, UsageError } from '../errors.js';
import { maintenanceOff, maintenanceOn, type Plan, type Step, sidecar } from './plan.js';

export interface UndoGoal {
  safetySet: boolean;
  isLive: boolean;
}

/** @returns the restore that --undo is about: the newest one that stands. @throws UsageError when there is none */
export function undoable({ restores }: KeptRestores): KeptRestore {
  const last = restores.findLast(
    ({ state, swaps, volumes, redis }) => state === 'done' && (swaps.length > 0 || volumes.length > 0 || redis),
  );
  if (last) return last;
  throw new UsageError('there is no restore to undo', {
    hints: ['an older state comes back from a backup set: npx zx scripts/backup.mjs list'],
  });
}

/**
 * Plans the undoing of a restore; pure. Databases and files of before are still there and take their places again; Redis
 * gets its data of before from the restore's safety set.
 */
export function planUndo(restore: KeptRestore, { safetySet, isLive }: UndoGoal): Plan {
  const { swaps, volumes, redis, safetySet: before, stamp, release } = restore;
  const gone = swaps.filter((swap) => swap.before !== undefined && !restore.databases.some(({ name }) => name === swap.before));
  if (gone.length > 0) {
    throw new SlipwayError(`the restore ${stamp} cannot be undone: ${gone.map((swap) => swap.before).join(', ')} is gone`, {
      hints: ['what was live before may be in a backup set: npx zx scripts/backup.mjs list'],
    });
  }
  const undoesRedis = redis && before !== undefined;
  const renames = swaps.flatMap((swap) => [
    `${swap.name} → ${swap.fresh}`,
    ...(swap.before === undefined ? [] : [`${swap.before} → ${swap.name}`]),
  ]);
  const back: Step[] = [
    ...(volumes.length > 0 ? [sidecar({ kind: 'swap-files' }, `swap the files of ${volumes.join(', ')} back`)] : []),
    ...(swaps.length > 0 ? [sidecar({ kind: 'swap-postgres' }, `swap the databases back: ${renames.join(', ')}`)] : []),
    ...(undoesRedis ? [sidecar({ kind: 'swap-redis' }, 'have Redis take over its keys of before')] : []),
  ];
  return {
    title: `undo the restore ${stamp}${restore.set === undefined ? '' : ` of the set ${restore.set}`}`,
    steps: [
      ...(undoesRedis && safetySet ? [sidecar({ kind: 'safety-set', kinds: ['redis'] }, 'take a safety set of redis, and pin it')] : []),
      ...(undoesRedis
        ? [sidecar({ kind: 'load-redis' }, `load Redis' keys of before, from the safety set ${before}, into a throwaway Redis`)]
        : []),
      ...(isLive && back.length > 0 ? [maintenanceOn, ...back, maintenanceOff] : back),
    ],
    notes: [
      ...(release === undefined ? [] : [`${release} went live together with these data: it may not be able to live with those of before`]),
      ...(redis && !undoesRedis ? ['Redis keeps what it has now: no safety set was taken before that restore'] : []),
      'what was restored is kept as well, until --forget',
    ],
    replaces: [...swaps.map(({ name }) => name), ...(undoesRedis ? ['Redis'] : []), ...volumes],
  };
}

/** Plans to put in order what was cut off, which needs no steps of its own; pure. */
export function planTidy(cutOff: readonly string[]): Plan {
  return { title: `put in order what was cut off: the restore ${cutOff.join(', ')}`, steps: [], notes: [], replaces: [] };
}

/** Plans to let go of everything that restores have kept; pure. */
export function planForget({ restores, cutOff }: KeptRestores): Plan {
  const steps = restores.flatMap(({ stamp, databases, volumes, pinned }) => [
    ...databases.map(({ name, bytes }) => sidecar({ kind: 'drop-database', name }, `drop the database ${name} (${formatBytes(bytes)})`)),
    ...volumes.map(
      (volume): Step => ({
        ...sidecar({ kind: 'drop-files', volume, stamp }, `remove the files that ${volume} keeps of the restore ${stamp}`),
        id: `drop-files ${volume} ${stamp}`,
      }),
    ),
    ...pinned.map((set): Step => ({ ...sidecar({ kind: 'unpin', set }, `unpin the safety set ${set}`), id: `unpin ${set}` })),
    { ...sidecar({ kind: 'forget', stamp }, `forget the restore ${stamp}`), id: `forget ${stamp}` },
  ]);
  return {
    title: 'forget what restores have kept',
    steps,
    notes: [
      ...cutOff.map((one) => `the restore ${one} was cut off: it is put in order first`),
      ...(steps.length > 0 ? ['--undo is no longer possible then'] : []),
    ],
    replaces: [],
  };
}
