import type pg from 'pg';
import { UsageError } from '../../errors.js';
import { PostgresError, withPostgres } from '../kinds/postgres-client.js';
import { GLOBALS } from '../names.js';
import type { Context } from '../run/context.js';
import type { StoredObject } from '../set.js';
import type { DatabaseFacts, RestoreFacts, RestoreRequest } from '../sidecar/restore-results.js';
import { besideName } from './beside.js';
import { databaseSizes } from './swap-databases.js';
import type { Source } from './work.js';

/** Every server has it, all tools connect to it, and so it cannot be renamed. */
const MAINTENANCE = 'postgres';

/** @returns the databases that are to be restored, and those that are not */
export async function databaseFacts(
  context: Context,
  source: Source | undefined,
  request: RestoreRequest,
  stamp: string,
): Promise<Pick<RestoreFacts, 'databases' | 'skipped'>> {
  const here = await databaseSizes(context.postgres.server);
  if (request.toDatabase !== undefined && here.has(request.toDatabase)) {
    throw new UsageError(`--to-database: there is a database ${request.toDatabase} already`, {
      hints: ['choose a name that is not taken'],
    });
  }
  const replaces = request.toDatabase === undefined && request.tables.length === 0;
  // Beside what is live there is one: the app's, unless another is named.
  const named = replaces || request.databases.length > 0 ? request.databases : [context.settings.DB_NAME];
  const dumps = source ? dumpsOf(source, named) : [dumpOfFile(context, request)];
  const skipped = replaces ? dumps.filter(({ name }) => name === MAINTENANCE) : [];
  if (skipped.length > 0 && request.databases.includes(MAINTENANCE)) throw cannotSwap();
  const chosen = dumps.filter((dump) => !skipped.includes(dump));
  const databases: DatabaseFacts[] = [];
  const taken = new Set(here.keys());
  for (const { name, bytes, rows } of chosen) {
    const fresh = besideName(name, request.tables.length > 0 ? 'table' : 'restore', stamp, taken);
    const before = besideName(name, 'before', stamp, taken);
    for (const one of [fresh, before]) taken.add(one);
    const size = here.get(name);
    const live = size === undefined ? undefined : { bytes: size, empty: await looksEmpty(context, name) };
    databases.push({ name, bytes, tables: rows && Object.keys(rows).length, rows: rows && sum(rows), live, fresh, before });
  }
  return { databases, skipped: skipped.flatMap(reasonToSkip) };
}

interface Wanted {
  name: string;
  bytes: number;
  rows: Record<string, number> | undefined;
}

function dumpsOf({ manifest }: Source, databases: readonly string[]): Wanted[] {
  const dumps = manifest.objects.filter(({ kind, source }) => kind === 'postgres' && source !== GLOBALS);
  const missing = databases.filter((name) => !dumps.some(({ source }) => source === name));
  if (missing.length > 0) {
    throw new UsageError(`--database: the set ${manifest.set} has no database ${missing.join(', ')}`, {
      hints: [`it has: ${dumps.map(({ source }) => source).join(', ')}`],
    });
  }
  return dumps
    .filter(({ source }) => databases.length === 0 || databases.includes(source))
    .map(({ source, plain, rows = {} }: StoredObject) => ({ name: source, bytes: plain.bytes, rows }));
}

/** Nobody has counted the rows of a dump that a person brings. */
function dumpOfFile({ settings }: Context, { databases, file }: RestoreRequest): Wanted {
  return { name: databases[0] ?? settings.DB_NAME, bytes: file?.bytes ?? 0, rows: undefined };
}

function cannotSwap(): UsageError {
  return new UsageError(`--database: ${MAINTENANCE} cannot take another database's place, since every tool connects to it`, {
    hints: [`restore it beside: --database ${MAINTENANCE} --to-database NAME, and copy what you need with psql`],
  });
}

function reasonToSkip({ name, rows = {} }: Wanted): { name: string; reason: string }[] {
  const tables = Object.keys(rows).length;
  if (tables === 0) return [];
  const reason = `has ${tables} tables, and cannot take another database's place: --database ${name} --to-database NAME restores it beside`;
  return [{ name, reason }];
}

/** A database that lets nobody in is no reason not to restore it: it counts as one with something in it. */
async function looksEmpty({ postgres, tell }: Context, name: string): Promise<boolean> {
  try {
    return await withPostgres(postgres.server, name, isEmpty);
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
    tell({ event: 'warning', text: `the live database cannot be looked at: ${error.message}` });
    return false;
  }
}

/** Whether a database has nothing of anybody's in it: no relation outside the catalogues that no extension made. */
async function isEmpty(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ empty: boolean }>(
    `SELECT NOT EXISTS (
       SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
     ) AS empty`,
  );
  return rows[0]?.empty ?? false;
}

function sum(rows: Record<string, number>): number {
  return Object.values(rows).reduce((all, count) => all + count, 0);
}
