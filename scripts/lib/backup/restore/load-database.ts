import { rmSync } from 'node:fs';
import { messageOf } from '../../errors.js';
import { type RestoreTarget, restoreGlobals, restoreInto, restoreStream } from '../kinds/pg-restore.js';
import { quoteName, withPostgres } from '../kinds/postgres-client.js';
import { countRows, differences } from '../kinds/rows.js';
import { GLOBALS } from '../names.js';
import type { Context } from '../run/context.js';
import { fetchHead } from './dump-head.js';
import { isLopsided } from './lopsided.js';
import { type Properties, propertiesIn } from './properties.js';
import { fetchFile, objectOf, pourFromAnyStore, RestoreError, type Source, targetOf } from './work.js';

/** A dump that is to be restored, and what its database was like. */
export interface Dump {
  /** In the work folder: all of it or, with `pour`, its beginning. */
  file: string;
  properties: Properties;
  /** Rows by `schema.table`; undefined: nobody counted them. */
  rows: Readonly<Record<string, number>> | undefined;
  /** Hands all of it to a program. */
  pour?: (command: readonly [string, ...string[]], env: NodeJS.ProcessEnv) => Promise<void>;
}

/**
 * Brings a database's dump near, the way that restores it sooner: as a stream where one table has most of the rows, else into
 * the work folder.
 */
export async function fetchDump(source: Source, database: string, folder: string): Promise<Dump> {
  const object = objectOf(source, 'postgres', database);
  if (!isLopsided(object.rows ?? {})) return fetchWholeDump(source, database, folder);
  const file = await fetchHead(source, object, folder);
  return {
    file,
    properties: await propertiesIn(file, targetOf(source.context, folder)),
    rows: object.rows ?? {},
    pour: (command, env) => pourFromAnyStore(source, object, command, env),
  };
}

/** Brings all of a database's dump into the work folder: `pg_restore -j` cannot read rows from a pipe, nor choose tables. */
export async function fetchWholeDump(source: Source, database: string, folder: string): Promise<Dump> {
  const object = objectOf(source, 'postgres', database);
  const file = await fetchFile(source, object, folder);
  return { file, properties: await propertiesIn(file, targetOf(source.context, folder)), rows: object.rows ?? {} };
}

/**
 * Makes the roles that the set has and the server has not.
 *
 * @param fresh nothing of the app was here before: roles that exist (the app's own) get the settings and memberships of the
 *   set as well; their passwords stay
 */
export async function loadRoles(source: Source, folder: string, fresh: boolean): Promise<void> {
  const file = await fetchFile(source, objectOf(source, 'postgres', GLOBALS), folder);
  await restoreGlobals(targetOf(source.context, folder), file, { settingsOfKnown: fresh });
}

/** Makes an empty database with the encoding and the locale that a dump has. */
export async function createDatabase({ server }: RestoreTarget, name: string, { creation }: Properties): Promise<void> {
  await withPostgres(server, 'postgres', async (client) => {
    try {
      await client.query(`CREATE DATABASE ${quoteName(name)} ${creation}`);
    } catch (error) {
      throw new RestoreError(`the database ${name} cannot be made: ${messageOf(error)}`, { cause: error });
    }
  });
}

/** What was found in a restored database. */
export interface Loaded {
  tables: number;
  rows: number;
}

/**
 * Restores a dump into a new database beside the live one, compares its rows with the manifest, and has it analysed.
 *
 * @throws RestoreError when its rows are not those of the manifest
 */
export async function loadDatabase(context: Context, dump: Dump, name: string, folder: string): Promise<Loaded> {
  const target = targetOf(context, folder);
  await createDatabase(target, name, dump.properties);
  context.tell({ event: 'note', text: `restoring into ${name}` });
  const { file, pour } = dump;
  await explained(() => (pour ? restoreStream(target, name, file, pour) : restoreInto(target, name, file)));
  rmSync(file);
  context.tell({ event: 'note', text: `counting and analysing ${name}` });
  const [found] = await Promise.all([
    withPostgres(target.server, name, countRows),
    withPostgres(target.server, name, (client) => client.query('ANALYZE')),
  ]);
  const problems = dump.rows ? differences(dump.rows, found) : [];
  if (problems.length > 0) throw new RestoreError(`${name}: what was restored is not what the manifest says`, { details: problems });
  return { tables: Object.keys(found).length, rows: Object.values(found).reduce((sum, count) => sum + count, 0) };
}

/** Says what to do about what pg_restore complains of most: a role that the dump needs and that no set brought along. */
export async function explained(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const details = (error as { details?: readonly string[] }).details ?? [];
    const role = /role "((?:[^"]|"")*)" does not exist/.exec(details.join('\n'))?.[1];
    if (role === undefined) throw error;
    throw new RestoreError(`the dump needs the role ${role}, which this server does not have`, {
      details,
      hints: [`make it first: CREATE ROLE ${quoteName(role)};`],
      cause: error,
    });
  }
}
