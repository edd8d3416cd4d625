import { readFileSync } from 'node:fs';
import { outputOf, start } from '../pipe/child.js';
import { libpqEnvironment, type PostgresServer, withPostgres } from './postgres-client.js';
import { statementsOf } from './statements.js';

/** Where to restore to. */
export interface RestoreTarget {
  server: PostgresServer;
  environment: NodeJS.ProcessEnv;
  /** For a password file. */
  folder: string;
  signal: AbortSignal;
}

/** Indexes take most of the time, and two of them can be built at once: 24.6 s where one job took 28.8 s (measured). */
const JOBS = 2;

/**
 * Makes the roles of a set that the server does not have. Roles that are there keep their passwords and rights.
 *
 * @param file what pg_dumpall wrote
 * @param options `settingsOfKnown`: roles that are there get the settings and memberships of the set as well
 */
export async function restoreGlobals({ server }: RestoreTarget, file: string, { settingsOfKnown = false } = {}): Promise<void> {
  await withPostgres(server, 'postgres', async (client) => {
    const { rows } = await client.query<{ name: string }>('SELECT rolname AS name FROM pg_roles');
    const known = new Set(rows.map(({ name }) => name));
    // A statement that failed would stand in the server's log, with the password's verifier.
    await client.query("SET log_min_error_statement = 'panic'");
    for (const statement of statementsFor(readFileSync(file, 'utf8'), known, settingsOfKnown)) await client.query(statement);
  });
}

const NAME = '("(?:[^"]|"")+"|[^\\s;]+)';
const CREATED = new RegExp(`^CREATE ROLE ${NAME}$`);
const ALTERED = new RegExp(`^(?:ALTER|COMMENT ON) ROLE ${NAME} (SET|WITH|IS) `);
const GRANTED = new RegExp(`^GRANT ${NAME} TO ${NAME}`);

/**
 * Picks the statements about roles that are new, and memberships that a new role has or gives; pure. A tablespace is a
 * folder of the old machine and is left out.
 *
 * @param dump what pg_dumpall wrote
 * @param settingsOfKnown takes settings and memberships of roles that are known as well; never their passwords or rights
 */
export function statementsFor(dump: string, known: ReadonlySet<string>, settingsOfKnown = false): string[] {
  const isKnown = (name: string | undefined) => known.has(unquoted(name ?? ''));
  return statementsOf(dump).filter((statement) => {
    const [, created] = CREATED.exec(statement) ?? [];
    if (created !== undefined) return !isKnown(created);
    const [, altered, what] = ALTERED.exec(statement) ?? [];
    if (altered !== undefined) return !isKnown(altered) || (settingsOfKnown && what === 'SET');
    const [, group, member] = GRANTED.exec(statement) ?? [];
    return group !== undefined && (!isKnown(group) || !isKnown(member) || settingsOfKnown);
  });
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

/**
 * Restores a database under the name and with the properties that the dump has. The server must not have it, but for
 * `postgres`, which every server has.
 */
export async function restoreWhole(target: RestoreTarget, database: string, file: string): Promise<void> {
  const create = database === 'postgres' ? [] : ['--create'];
  if (!(await hasPartitions(target, file))) return pgRestore(target, 'postgres', [...create, file]);
  await pgRestore(target, 'postgres', [...create, '--section=pre-data', file]);
  await restoreContent(target, database, file);
}

/** Restores a dump into a database that exists and is empty. */
export async function restoreInto(target: RestoreTarget, database: string, file: string): Promise<void> {
  if (!(await hasPartitions(target, file))) return pgRestore(target, database, [file]);
  await pgRestore(target, database, ['--section=pre-data', file]);
  await restoreContent(target, database, file);
}

/** First all rows, then indexes, keys and triggers. */
async function restoreContent(target: RestoreTarget, database: string, file: string): Promise<void> {
  for (const section of ['data', 'post-data']) await pgRestore(target, database, [`--section=${section}`, file]);
}

/**
 * Two jobs make a partitioned table's trigger while its partitions are still being filled: it waits for the table's rows, of
 * which it has none, and so fires on what is restored (measured, PostgreSQL 18). Such dumps are restored part by part, which
 * takes a tenth longer.
 */
async function hasPartitions({ environment, signal }: RestoreTarget, file: string): Promise<boolean> {
  let list = '';
  for await (const chunk of outputOf(start('pg_restore', ['--list', file], { env: { PATH: environment.PATH }, signal })))
    list += String(chunk);
  return /^\d+; \d+ \d+ TABLE ATTACH /m.test(list);
}

/**
 * Restores a dump into a database that exists and is empty, without having it as a file: its rows come as a stream.
 *
 * @param head a file with the beginning of the dump, up to the end of its table of contents: all that is not rows stands there
 * @param pour hands the dump to a program; may be called again after it failed, since the rows are one transaction
 */
export async function restoreStream(
  target: RestoreTarget,
  database: string,
  head: string,
  pour: (command: readonly [string, ...string[]], env: NodeJS.ProcessEnv) => Promise<void>,
): Promise<void> {
  await pgRestore(target, database, ['--section=pre-data', head]);
  const { server, environment, folder } = target;
  await pour(
    ['pg_restore', ...OPTIONS, '--single-transaction', '--section=data', connectionTo(database)],
    libpqEnvironment(server, database, environment, folder),
  );
  await pgRestore(target, database, ['--section=post-data', head]);
}

const OPTIONS = ['--exit-on-error', '--no-password', '--no-tablespaces'];

/** Runs pg_restore; the first error ends it. */
export async function pgRestore(
  { server, environment, folder, signal }: RestoreTarget,
  database: string,
  args: readonly string[],
): Promise<void> {
  const env = libpqEnvironment(server, database, environment, folder);
  const all = [...OPTIONS, `--jobs=${JOBS}`, connectionTo(database), ...args];
  for await (const _ of outputOf(start('pg_restore', all, { env, signal })));
}

/** A name with "=" in it would be taken for a connection string. */
function connectionTo(database: string): string {
  return `--dbname=dbname='${database.replace(/[\\']/g, '\\$&')}'`;
}
