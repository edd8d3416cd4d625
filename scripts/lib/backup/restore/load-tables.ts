import { rmSync } from 'node:fs';
import type pg from 'pg';
import { UsageError } from '../../errors.js';
import { pgRestore } from '../kinds/pg-restore.js';
import { quoteName, withPostgres } from '../kinds/postgres-client.js';
import { countTable } from '../kinds/rows.js';
import type { Context } from '../run/context.js';
import { createDatabase, type Dump, explained } from './load-database.js';
import { RestoreError, targetOf } from './work.js';

/** What was found of tables that were restored beside. */
export interface LoadedTables {
  rows: number;
  /** The columns of each table that a person can insert into, in order: generated ones are not among them. */
  columns: Record<string, string[]>;
}

/**
 * Restores some tables into a new database: the whole schema, so that their types, defaults and functions are there, and the
 * rows of these tables alone. Indexes and foreign keys are left out: the rows that they lead to are not there.
 *
 * @param tables `schema.table`; of a partitioned one all partitions
 * @throws UsageError for tables that the dump does not have; RestoreError when rows are not those of the manifest
 */
export async function loadTables(
  context: Context,
  dump: Dump,
  name: string,
  tables: readonly string[],
  folder: string,
): Promise<LoadedTables> {
  const target = targetOf(context, folder);
  await createDatabase(target, name, dump.properties);
  await explained(() => pgRestore(target, name, ['--section=pre-data', dump.file]));
  const leaves = await withPostgres(target.server, name, (client) => leavesOf(client, tables));
  for (const [schema, table] of leaves) {
    context.tell({ event: 'note', text: `restoring ${schema}.${table}` });
    await pgRestore(target, name, ['--data-only', `--schema=${schema}`, `--table=${table}`, dump.file]);
  }
  rmSync(dump.file);
  return withPostgres(target.server, name, async (client) => {
    const loaded: LoadedTables = { rows: 0, columns: {} };
    for (const [schema, table] of leaves) {
      const found = await countTable(client, schema, table);
      const expected = dump.rows?.[`${schema}.${table}`];
      if (expected !== undefined && expected !== found)
        throw new RestoreError(`${schema}.${table}: ${found} rows were restored, the manifest says ${expected}`);
      loaded.rows += found;
    }
    for (const table of tables) loaded.columns[table] = await columnsOf(client, table);
    return loaded;
  });
}

/** @returns schema and name, split at the first dot */
export function schemaAndTable(qualified: string): [string, string] {
  const at = qualified.indexOf('.');
  return [qualified.slice(0, at), qualified.slice(at + 1)];
}

/** The tables that hold the rows: a partitioned one has none of its own. */
async function leavesOf(client: pg.Client, tables: readonly string[]): Promise<[string, string][]> {
  const leaves: [string, string][] = [];
  const missing: string[] = [];
  for (const table of tables) {
    const { rows } = await client.query<{ schema: string; name: string }>(
      `SELECT n.nspname AS schema, c.relname AS name
         FROM pg_class r JOIN pg_namespace rn ON rn.oid = r.relnamespace,
              LATERAL (SELECT r.oid AS relid WHERE r.relkind = 'r' UNION SELECT relid FROM pg_partition_tree(r.oid) WHERE isleaf) t
         JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE rn.nspname = $1 AND r.relname = $2 AND r.relkind IN ('r', 'p')
        ORDER BY 1, 2`,
      schemaAndTable(table),
    );
    if (rows.length === 0) missing.push(table);
    leaves.push(...rows.map(({ schema, name }): [string, string] => [schema, name]));
  }
  if (missing.length === 0) return leaves;
  const { rows } = await client.query<{ name: string }>(
    `SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1 LIMIT 20`,
  );
  throw new UsageError(`--table: the dump has no table ${missing.join(', ')}`, {
    hints: [`it has: ${rows.map(({ name }) => name).join(', ')}`],
  });
}

async function columnsOf(client: pg.Client, table: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute
      WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`,
    [schemaAndTable(table).map(quoteName).join('.')],
  );
  return rows.map(({ name }) => name);
}
