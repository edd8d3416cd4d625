import type {
  DatabaseFacts,
  Intent,
  RestorableKind,
  RestoreFacts,
  RestoreRequest,
  SidecarStep,
} from '../backup/sidecar/restore-results.js';
import { formatBytes } from '../config/durations.js';

/** One step of a restore, as data: what `--dry-run` prints and the executor does. */
export type Step = { id: string; title: string } & (
  | { kind: 'mount'; volumes: Readonly<Record<string, string>> }
  | { kind: 'upload'; path: string; bytes: number }
  | { kind: 'maintenance-on' }
  | { kind: 'maintenance-off' }
  | { kind: 'sidecar'; step: SidecarStep }
);

/** What is to be done, and what a person should know before. */
export interface Plan {
  /** One line: what this is. */
  title: string;
  steps: Step[];
  notes: string[];
  /** What of the live data is replaced, in words; empty: nothing. */
  replaces: string[];
}

export interface Goal {
  request: RestoreRequest;
  /** The person's dump, on this machine. */
  file: string | undefined;
  /** Whether what is replaced is backed up first. */
  safetySet: boolean;
  /** Whether a release is live, so that there is a public to be turned away. */
  isLive: boolean;
}

/** A step for the cron container. */
export function sidecar(step: SidecarStep, title: string): Step {
  const about = 'database' in step ? step.database : 'volume' in step ? step.volume : 'name' in step ? step.name : '';
  return { id: about === '' ? step.kind : `${step.kind} ${about}`, title, kind: 'sidecar', step };
}

export const maintenanceOn = {
  id: 'maintenance-on',
  title: 'turn the public away (maintenance)',
  kind: 'maintenance-on',
} as const satisfies Step;
export const maintenanceOff = { id: 'maintenance-off', title: 'let the public in again', kind: 'maintenance-off' } as const satisfies Step;

/**
 * Plans a restore; pure. Everything that takes time or can fail is done beside what is live. What is live is replaced at the
 * end, in one go: first what is taken back in a moment (files and databases are renamed), last Redis, which copies.
 *
 * @param facts what there is to restore, and what there is already
 * @param goal what the person wants
 */
export function planRestore(facts: RestoreFacts, goal: Goal): Plan {
  const { request } = goal;
  const beside = request.toDatabase !== undefined || request.tables.length > 0;
  const volumes = facts.volumes.map(({ name }) => name);
  const unmounted = facts.volumes.filter(({ mounted }) => !mounted);
  const kept = goal.safetySet ? worthKeeping(facts) : [];
  const swaps = beside ? [] : swapSteps(facts);
  const mount = Object.fromEntries(unmounted.map(({ name, volume }) => [name, volume]));
  const steps: (Step | undefined)[] = [
    unmounted.length > 0
      ? {
          id: 'mount',
          title: `have the container files mount ${unmounted.map(({ volume }) => volume).join(', ')}`,
          kind: 'mount',
          volumes: mount,
        }
      : undefined,
    kept.length > 0 ? sidecar({ kind: 'safety-set', kinds: kept }, `take a safety set of ${kept.join(', ')}, and pin it`) : undefined,
    goal.file === undefined ? undefined : uploadStep(goal.file, request),
    facts.roles ? sidecar({ kind: 'roles' }, 'make the roles that are missing') : undefined,
    ...facts.databases.map((database) => loadStep(database, request)),
    ...facts.volumes.map(({ name, bytes }) =>
      sidecar({ kind: 'load-files', volume: name }, `unpack the files of ${name} (${formatBytes(bytes)}) beside those that are there`),
    ),
    facts.redis ? sidecar({ kind: 'load-redis' }, `load ${facts.redis.keys} keys into a throwaway Redis`) : undefined,
    ...(goal.isLive && swaps.length > 0 ? [maintenanceOn, ...swaps, maintenanceOff] : swaps),
  ];
  return {
    title: titleOf(facts, goal),
    steps: steps.filter((step) => step !== undefined),
    notes: notesOf(facts, goal, kept),
    replaces: beside
      ? []
      : [...facts.databases.filter(({ live }) => live).map(({ name }) => name), ...(facts.redis ? ['Redis'] : []), ...volumes],
  };
}

/** @returns what is written down before anything is done; pure */
export function intentOf(facts: RestoreFacts, { request }: Pick<Goal, 'request'>): Intent {
  const tables = request.tables.length > 0;
  const beside = request.toDatabase !== undefined || tables;
  return {
    stamp: facts.stamp,
    set: facts.set?.id,
    stack: facts.set?.stack ?? '',
    swaps: beside ? [] : facts.databases.map(({ name, fresh, before, live }) => ({ name, fresh, before: live ? before : undefined })),
    volumes: facts.volumes.map(({ name }) => name),
    redis: facts.redis !== undefined,
    beside: beside
      ? facts.databases.map((database) => ({ name: targetOf(database, request), forget: request.toDatabase === undefined }))
      : [],
  };
}

/** @returns the database that a dump is restored into at first */
export function targetOf({ fresh }: DatabaseFacts, { toDatabase }: RestoreRequest): string {
  return toDatabase ?? fresh;
}

/** Kinds of which something is replaced that is not empty: a bare machine has nothing to keep. */
function worthKeeping({ databases, redis, volumes }: RestoreFacts): RestorableKind[] {
  const kinds: RestorableKind[] = [];
  if (databases.some(({ live }) => live && !live.empty)) kinds.push('postgres');
  if (redis && redis.liveKeys > 0) kinds.push('redis');
  if (volumes.some(({ mounted }) => mounted)) kinds.push('files');
  return kinds;
}

function uploadStep(path: string, { file }: RestoreRequest): Step {
  const bytes = file?.bytes ?? 0;
  return { id: 'upload', title: `bring ${path} (${formatBytes(bytes)}) to the scratch volume`, kind: 'upload', path, bytes };
}

function loadStep(database: DatabaseFacts, request: RestoreRequest): Step {
  const { name, rows, tables, bytes } = database;
  const into = targetOf(database, request);
  if (request.tables.length > 0) {
    const title = `restore ${request.tables.join(', ')} of ${name} into the new database ${into}`;
    return sidecar({ kind: 'load-tables', database: name, into, tables: request.tables }, title);
  }
  const size = rows === undefined ? formatBytes(bytes) : `${rows} rows in ${tables} tables, ${formatBytes(bytes)}`;
  return sidecar({ kind: 'load-database', database: name, into }, `restore ${name} (${size}) into the new database ${into}`);
}

function swapSteps({ databases, volumes, redis }: RestoreFacts): Step[] {
  const names = volumes.map(({ name }) => name).join(', ');
  const renames = databases.flatMap(({ name, fresh, before, live }) => [...(live ? [`${name} → ${before}`] : []), `${fresh} → ${name}`]);
  return [
    ...(volumes.length > 0 ? [sidecar({ kind: 'swap-files' }, `swap the files of ${names}`)] : []),
    ...(databases.length > 0 ? [sidecar({ kind: 'swap-postgres' }, `swap the databases: ${renames.join(', ')}`)] : []),
    ...(redis ? [sidecar({ kind: 'swap-redis' }, `have Redis take over the ${redis.keys} keys in place of its ${redis.liveKeys}`)] : []),
  ];
}

function titleOf({ set, databases, redis, volumes }: RestoreFacts, { file, request }: Goal): string {
  const what = [...databases.map(({ name }) => name), ...(redis ? ['Redis'] : []), ...volumes.map(({ name }) => `files ${name}`)].join(
    ', ',
  );
  if (!set) return `restore ${file ?? request.file?.name}: ${what}`;
  const release = set.release === undefined ? '' : `, of the release ${set.release}`;
  return `restore the set ${set.id} of ${set.stack}${release}, from ${set.stores[0]}: ${what || 'nothing'}`;
}

function notesOf(facts: RestoreFacts, { safetySet, request }: Goal, kept: readonly RestorableKind[]): string[] {
  const beside = request.toDatabase !== undefined || request.tables.length > 0;
  const notes = [
    ...facts.cutOff.map((stamp) => `the restore ${stamp} was cut off: it is put in order first`),
    ...facts.warnings,
    ...facts.skipped.map(({ name, reason }) => `${name} is left out: it ${reason}`),
  ];
  if (beside) return notes;
  if (!safetySet && facts.redis && facts.redis.liveKeys > 0)
    notes.push('without a safety set, what Redis has now is lost for good: --undo cannot bring it back');
  if (kept.length > 0 || facts.databases.some(({ live }) => live))
    notes.push('what is replaced is kept: --undo brings it back, --forget lets it go');
  return notes;
}
