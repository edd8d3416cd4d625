import type pg from 'pg';
import { quoteName } from './postgres-client.js';

/**
 * Every table whose rows a dump holds: ordinary tables and partitions. Not materialised views: a restore fills them anew,
 * with other rows than one had that was not refreshed for a while. Not what belongs to an extension: CREATE EXTENSION
 * makes it again.
 */
const TABLES = `
  SELECT n.nspname AS schema, c.relname AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind = 'r' AND c.relpersistence <> 't'
     AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp%'
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
   ORDER BY 1, 2`;

/** What stands for the large objects among the tables. */
export const LARGE_OBJECTS = '(large objects)';

/**
 * Counts the rows of every table of a database, within the caller's transaction.
 *
 * @returns the counts by `schema.table`
 */
export async function countRows(client: pg.Client): Promise<Record<string, number>> {
  const { rows: tables } = await client.query<{ schema: string; name: string }>(TABLES);
  const counts: Record<string, number> = {};
  for (const { schema, name } of tables) counts[`${schema}.${name}`] = await countTable(client, schema, name);
  const large = await count(client, 'pg_catalog.pg_largeobject_metadata');
  if (large > 0) counts[LARGE_OBJECTS] = large;
  return counts;
}

/** @returns how many rows a table has */
export function countTable(client: pg.Client, schema: string, name: string): Promise<number> {
  return count(client, `${quoteName(schema)}.${quoteName(name)}`);
}

async function count(client: pg.Client, relation: string): Promise<number> {
  const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM ${relation}`);
  return Number(rows[0]?.count);
}

/** @returns what differs between two counts, a line each; none when they are the same */
export function differences(expected: Readonly<Record<string, number>>, found: Readonly<Record<string, number>>): string[] {
  const tables = [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort();
  return tables
    .filter((table) => expected[table] !== found[table])
    .map((table) => `${table}: ${found[table] ?? 'no table'} rows, the set has ${expected[table] ?? 'no such table'}`);
}
