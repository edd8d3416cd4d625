import type pg from 'pg';
import { formatDuration } from '../../config/durations.js';
import { databasesOf } from '../kinds/postgres.js';
import { type PostgresServer, quoteName, withPostgres } from '../kinds/postgres-client.js';
import type { Context } from '../run/context.js';

/** What a VACUUM of all databases came to. */
export interface VacuumResult {
  seconds: number;
  databases: string[];
  tables: number;
  /** Tables that somebody else needed at that time, as `database: schema.table`. */
  skipped: string[];
  /** All that in a line. */
  note: string;
}

/** Indexes are waited for even with SKIP_LOCKED. */
const LOCK_TIMEOUT_MS = 5_000;
/** How long somebody may have to wait for a table that is being vacuumed (milliseconds). */
const GIVE_WAY_MS = 1_000;

/**
 * Has Postgres tidy up every database and look at its statistics anew, one database after the other, table by table. It
 * waits for nobody, and nobody waits for it: a table that is locked is left out, and one that somebody else wants to lock
 * (such as a migration) is left at once, as autovacuum does. It does not shorten files, which takes a lock that readers feel.
 *
 * @throws PostgresError when the server cannot be reached, or a database is not there
 */
export async function vacuumAll({ postgres: { server }, settings, signal, tell }: Context): Promise<VacuumResult> {
  const began = performance.now();
  const databases = await withPostgres(server, 'postgres', (client) => databasesOf(client, settings.BACKUP_DATABASES));
  const result: VacuumResult = { seconds: 0, databases: databases.map(({ name }) => name), tables: 0, skipped: [], note: '' };
  for (const { name } of databases) await vacuumDatabase(server, name, signal, result);
  for (const table of result.skipped) tell({ event: 'note', text: `${table} was in use and left out` });
  result.seconds = Math.round(performance.now() - began) / 1_000;
  const left = result.skipped.length === 0 ? '' : `, ${result.skipped.length} left out`;
  result.note = `${result.tables} tables of ${result.databases.join(', ')} in ${formatDuration(result.seconds * 1_000)}${left}`;
  return result;
}

/** Ordinary tables, materialised views and the catalogue. The parents of partitions have no rows, only statistics. */
const TABLES = `
  SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't'
   ORDER BY 1, 2`;

async function vacuumDatabase(server: PostgresServer, database: string, signal: AbortSignal, result: VacuumResult): Promise<void> {
  await withPostgres(server, database, async (client) => {
    await client.query(`SET lock_timeout = ${LOCK_TIMEOUT_MS}`);
    const { rows } = await client.query<{ schema: string; name: string; kind: string }>(TABLES);
    await givingWay(server, client, signal, async () => {
      for (const { schema, name, kind } of rows) {
        signal.throwIfAborted();
        const what = kind === 'p' ? 'ANALYZE (SKIP_LOCKED)' : 'VACUUM (ANALYZE, SKIP_LOCKED, TRUNCATE off)';
        if (await done(client, `${what} ${quoteName(schema)}.${quoteName(name)}`)) result.tables++;
        else result.skipped.push(`${database}: ${schema}.${name}`);
      }
    });
    signal.throwIfAborted();
  });
}

/** It was cancelled; a lock could not be had; the table is gone. */
const SKIPPED = ['57014', '55P03', '42P01'];

/** @returns false when the table has to be left out */
async function done(client: pg.Client, statement: string): Promise<boolean> {
  let skipped = false;
  // SKIP_LOCKED says so in a warning: "skipping vacuum of "t" --- lock not available".
  const listen = ({ code }: { code?: string | undefined }) => {
    skipped ||= code === '55P03';
  };
  client.on('notice', listen);
  try {
    await client.query(statement);
    return !skipped;
  } catch (error) {
    if (SKIPPED.includes((error as { code?: string }).code ?? '')) return false;
    throw error;
  } finally {
    client.off('notice', listen);
  }
}

/**
 * Watches, over a second connection, whether anybody waits for the first one, and cancels what that one does; also when the
 * work is to stop, since a server would go on with a VACUUM whose client is gone.
 */
async function givingWay(server: PostgresServer, worker: pg.Client, signal: AbortSignal, action: () => Promise<void>): Promise<void> {
  const { rows } = await worker.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const pid = rows[0]?.pid;
  await withPostgres(server, 'postgres', async (watcher) => {
    const look = async () => {
      const waiting = 'EXISTS (SELECT FROM pg_stat_activity WHERE $1::int = ANY (pg_blocking_pids(pid)))';
      await watcher.query(`SELECT pg_cancel_backend($1::int) WHERE $2 OR ${waiting}`, [pid, signal.aborted]);
    };
    let broken: unknown;
    let looking: Promise<void> = Promise.resolve();
    const timer = setInterval(() => {
      looking = looking.then(look).catch((error: unknown) => {
        broken ??= error;
      });
    }, GIVE_WAY_MS);
    try {
      await action();
    } finally {
      clearInterval(timer);
      await looking;
    }
    if (broken !== undefined) throw broken;
  });
}
