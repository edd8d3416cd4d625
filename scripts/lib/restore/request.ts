import type { RestorableKind, RestoreRequest } from '../backup/sidecar/restore-results.js';
import { UsageError } from '../errors.js';

/** The flags of `restore` as they were typed. */
export interface RestoreFlags {
  set: string | undefined;
  only: string | undefined;
  database: readonly string[];
  table: readonly string[];
  toDatabase: string | undefined;
  fromFile: string | undefined;
  fromStack: string | undefined;
  undo: boolean;
  forget: boolean;
  skipSafetySet: boolean;
}

/** What a person wants: to restore, to take the last restore back, or to let go of what restores have kept. */
export type Wanted =
  | { action: 'restore'; request: RestoreRequest; file: string | undefined; safetySet: boolean }
  | { action: 'undo'; safetySet: boolean }
  | { action: 'forget' };

const kinds: readonly RestorableKind[] = ['postgres', 'redis', 'files'];
/** Databases that every server has. */
const reserved = ['postgres', 'template0', 'template1'];
/** Longer names Postgres cuts (bytes). */
const LONGEST_NAME = 63;
const TYPE = 'type: npx zx scripts/restore.mjs';

/**
 * Reads the flags; pure.
 *
 * @throws UsageError with a line for each problem
 */
export function parseRestore(flags: RestoreFlags): Wanted {
  const problems: string[] = [];
  if (flags.undo || flags.forget) {
    problems.push(...strayWith(flags));
    refuse(problems);
    return flags.undo ? { action: 'undo', safetySet: !flags.skipSafetySet } : { action: 'forget' };
  }
  if (flags.set === undefined && flags.fromFile === undefined) {
    throw new UsageError('a set is missing', {
      hints: [`${TYPE} latest`, 'type: npx zx scripts/backup.mjs list   to see which sets there are'],
    });
  }
  const only = parseOnly(flags.only, problems);
  const postgresOnly = postgresFlag(flags);
  if (postgresOnly && only.some((kind) => kind !== 'postgres')) problems.push(`--only: ${postgresOnly} is about postgres alone`);
  problems.push(...problemsOf(flags));
  refuse(problems);
  return {
    action: 'restore',
    file: flags.fromFile,
    // What takes nothing's place endangers nothing.
    safetySet: !flags.skipSafetySet && flags.toDatabase === undefined && flags.table.length === 0,
    request: {
      set: flags.set,
      fromStack: flags.fromStack,
      kinds: postgresOnly ? ['postgres'] : only,
      databases: [...new Set(flags.database)],
      tables: [...new Set(flags.table)],
      toDatabase: flags.toDatabase,
      file: undefined,
    },
  };
}

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new UsageError(problems.length === 1 ? 'a flag has a problem' : `the flags have ${problems.length} problems`, {
    details: problems,
    hints: [`${TYPE} --help`],
  });
}

function strayWith(flags: RestoreFlags): string[] {
  const flag = flags.undo ? '--undo' : '--forget';
  const stray = [
    flags.undo && flags.forget && '--forget',
    flags.set !== undefined && JSON.stringify(flags.set),
    flags.only !== undefined && '--only',
    flags.database.length > 0 && '--database',
    flags.table.length > 0 && '--table',
    flags.toDatabase !== undefined && '--to-database',
    flags.fromFile !== undefined && '--from-file',
    flags.fromStack !== undefined && '--from-stack',
    flags.forget && flags.skipSafetySet && '--skip-safety-set',
  ];
  return stray.filter((one) => one !== false).map((one) => `${flag}: goes without ${one}`);
}

function parseOnly(only: string | undefined, problems: string[]): RestorableKind[] {
  if (only === undefined) return [];
  const named = only.split(',').filter(Boolean);
  if (named.includes('config')) problems.push('--only: config is for you to look at, and is not restored; see backups/RUNBOOK.md');
  else if (named.length === 0 || named.some((name) => !(kinds as readonly string[]).includes(name)))
    problems.push(`--only: should be some of ${kinds.join(', ')}, got ${JSON.stringify(only)}`);
  return kinds.filter((kind) => named.includes(kind));
}

/** @returns the flag that makes it about Postgres alone */
function postgresFlag({ database, table, toDatabase, fromFile }: RestoreFlags): string | undefined {
  if (database.length > 0) return '--database';
  if (table.length > 0) return '--table';
  if (toDatabase !== undefined) return '--to-database';
  return fromFile === undefined ? undefined : '--from-file';
}

function problemsOf({ set, database, table, toDatabase, fromFile, fromStack }: RestoreFlags): string[] {
  const problems: string[] = [];
  if (fromFile !== undefined && set !== undefined) problems.push(`--from-file: goes without a set, got ${JSON.stringify(set)}`);
  if (fromFile !== undefined && fromStack !== undefined) problems.push('--from-file: goes without --from-stack');
  if (set !== undefined && set !== 'latest' && !/^\d{8}_\d{6}$/.test(set))
    problems.push(`${JSON.stringify(set)}: should be latest or the id of a set, such as 20261122_020000`);
  if (fromStack !== undefined && !/^[a-z][a-z0-9-]{0,30}$/.test(fromStack))
    problems.push(`--from-stack: should be a stack's name, got ${JSON.stringify(fromStack)}`);
  if ((toDatabase !== undefined || table.length > 0 || fromFile !== undefined) && database.length > 1)
    problems.push(
      `--database: should be one, since ${toDatabase !== undefined ? '--to-database' : table.length > 0 ? '--table' : '--from-file'} takes one`,
    );
  for (const name of table.filter((one) => !/^[^.]+\..+$/s.test(one)))
    problems.push(`--table: should be SCHEMA.TABLE, got ${JSON.stringify(name)}`);
  for (const name of [...database, ...(toDatabase === undefined ? [] : [toDatabase])]) {
    if (name === '' || Buffer.byteLength(name) > LONGEST_NAME || name.includes('\0'))
      problems.push(`${JSON.stringify(name)}: should be a database's name, of at most ${LONGEST_NAME} bytes`);
  }
  if (toDatabase !== undefined && reserved.includes(toDatabase))
    problems.push(`--to-database: should not be ${toDatabase}, which every server has`);
  return problems;
}
