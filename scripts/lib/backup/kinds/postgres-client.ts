import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { Secret } from '../../config/secret.js';
import { messageOf, SlipwayError } from '../../errors.js';

/** Where a Postgres server is and who asks it. */
export interface PostgresServer {
  /** A host name, or the folder of a Unix socket. */
  host: string;
  port: number;
  user: string;
  password: Secret | undefined;
}

/** Postgres refused or failed. */
export class PostgresError extends SlipwayError {}

const CONNECT_MS = 10_000;

/**
 * Opens a connection for as long as `action` takes.
 *
 * @param database which one to connect to
 */
export async function withPostgres<T>(server: PostgresServer, database: string, action: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    host: server.host,
    port: server.port,
    user: server.user,
    database,
    ...(server.password ? { password: server.password.reveal() } : {}),
    application_name: 'slipway backup',
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
  });
  // A connection that breaks between two queries shows in the next one.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    throw new PostgresError(`Postgres at ${server.host} (database ${database}): ${messageOf(error)}`, { cause: error });
  }
  try {
    return await action(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * What libpq's programs need to reach a server and a database. The password travels in a file, so that it never is an
 * argument; the database as a variable, since one with "=" in its name would be taken for a connection string as an argument.
 *
 * @param folder where the password file may be written
 */
export function libpqEnvironment(
  server: PostgresServer,
  database: string,
  environment: NodeJS.ProcessEnv,
  folder: string,
): NodeJS.ProcessEnv {
  const file = join(folder, '.pgpass');
  if (server.password) {
    const escaped = server.password.reveal().replace(/[\\:]/g, '\\$&');
    writeFileSync(file, `*:*:*:*:${escaped}\n`, { mode: 0o600 });
  }
  return {
    PATH: environment.PATH,
    LANG: environment.LANG ?? 'C.UTF-8',
    HOME: folder,
    PGHOST: server.host,
    PGPORT: String(server.port),
    PGUSER: server.user,
    PGDATABASE: database,
    PGCONNECT_TIMEOUT: String(CONNECT_MS / 1_000),
    PGAPPNAME: 'slipway backup',
    ...(server.password ? { PGPASSFILE: file } : {}),
  };
}

/** @returns an SQL identifier, quoted */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** @returns the server's version as `18.1`, and as the number that Postgres compares by (180001) */
export async function serverVersion(client: pg.Client): Promise<{ text: string; number: number }> {
  const { rows } = await client.query<{ text: string; number: string }>(
    "SELECT split_part(current_setting('server_version'), ' ', 1) AS text, current_setting('server_version_num') AS number",
  );
  return { text: rows[0]?.text ?? '', number: Number(rows[0]?.number) };
}
