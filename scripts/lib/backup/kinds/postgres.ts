import type pg from 'pg';
import { GLOBALS } from '../names.js';
import { outputOf, start } from '../pipe/child.js';
import type { Packed, Packing } from '../pipe/pack.js';
import { packProgram } from '../pipe/pack-program.js';
import type { Part } from './part.js';
import { libpqEnvironment, PostgresError, type PostgresServer, serverVersion, withPostgres } from './postgres-client.js';
import { countRows } from './rows.js';

/** What reading a server's databases needs. */
export interface PostgresSource {
  server: PostgresServer;
  environment: NodeJS.ProcessEnv;
  /** For a password file. */
  folder: string;
}

/**
 * @param wanted the databases that were named; none: all that take connections and are no templates
 * @returns them, with their sizes in bytes
 * @throws PostgresError naming those that are not there
 */
export async function databasesOf(client: pg.Client, wanted: readonly string[]): Promise<{ name: string; bytes: number }[]> {
  const { rows } = await client.query<{ name: string; bytes: string }>(
    'SELECT datname AS name, pg_database_size(oid) AS bytes FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1',
  );
  const all = rows.map(({ name, bytes }) => ({ name, bytes: Number(bytes) }));
  if (all.some(({ name }) => name === GLOBALS)) {
    throw new PostgresError(`a database called ${GLOBALS} cannot be backed up: the roles have that name in a set`, {
      hints: ['rename it: ALTER DATABASE globals RENAME TO …'],
    });
  }
  if (wanted.length === 0) return all.filter(({ name }) => !isLeftOver(name));
  const missing = wanted.filter((name) => !all.some((database) => database.name === name));
  if (missing.length > 0) {
    throw new PostgresError(`BACKUP_DATABASES: there is no database ${missing.join(', ')}`, {
      hints: [`there are: ${all.map(({ name }) => name).join(', ')}`],
    });
  }
  return all.filter(({ name }) => wanted.includes(name));
}

/** What a restore keeps beside the live database has been backed up under its own name before. */
function isLeftOver(name: string): boolean {
  return /_(before|restore|table)_\d{8}_\d{6}$/.test(name);
}

/** @throws PostgresError when pg_dump is older than the server, which it would refuse with fewer words */
export async function assertDumpFits(client: pg.Client, dumpVersion: string): Promise<string> {
  const { text, number } = await serverVersion(client);
  const major = Math.floor(number / 10_000);
  if (Number.parseInt(dumpVersion, 10) < major) {
    throw new PostgresError(`the server is PostgreSQL ${text}, this image has pg_dump ${dumpVersion}`, {
      hints: ['build the cron image on the same POSTGRES_IMAGE as the server: npm run setup, then npx zx scripts/base.mjs upgrade'],
    });
  }
  return text;
}

/** @returns the version of pg_dump, such as `18.1` */
export async function dumpVersion(environment: NodeJS.ProcessEnv): Promise<string> {
  let text = '';
  for await (const chunk of outputOf(start('pg_dump', ['--version'], { env: { PATH: environment.PATH } }))) text += chunk.toString();
  return /(\d+(\.\d+)?)/.exec(text)?.[1] ?? text.trim();
}

/**
 * A database as `pg_dump -Fc -Z0`: one stream, with everything pg_restore can choose from; zstd compresses it better and
 * faster than pg_dump's gzip. Its rows are counted in the snapshot that the dump reads.
 */
export function databasePart({ server, environment, folder }: PostgresSource, name: string, bytes: number): Part {
  let rows: Record<string, number> = {};
  const pack = (packing: Packing): Packed => {
    let dump: Packed | undefined;
    async function* body(): AsyncGenerator<Uint8Array> {
      yield* insideSnapshot(server, name, async function* (client, snapshot) {
        const counting = countRows(client);
        counting.catch(() => {});
        const env = libpqEnvironment(server, name, environment, folder);
        dump = packProgram(['pg_dump', '--format=custom', '--compress=0', '--no-password', `--snapshot=${snapshot}`], env, packing);
        yield* dump.body;
        rows = await counting;
      });
    }
    return { body: body(), digests: () => (dump as Packed).digests() };
  };
  return { kind: 'postgres', source: name, expected: bytes, pack, facts: async () => ({ rows }) };
}

/** Keeps a transaction open whose snapshot other connections may read by, for as long as the stream lasts. */
async function* insideSnapshot(
  server: PostgresServer,
  database: string,
  stream: (client: pg.Client, snapshot: string) => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let end = () => {};
  const finished = new Promise<void>((resolve) => {
    end = resolve;
  });
  let session: Promise<void> | undefined;
  const opened = new Promise<{ client: pg.Client; snapshot: string }>((resolve, reject) => {
    session = withPostgres(server, database, async (client) => {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const { rows } = await client.query<{ id: string }>('SELECT pg_export_snapshot() AS id');
      resolve({ client, snapshot: rows[0]?.id ?? '' });
      await finished;
    });
    session.catch(reject);
  });
  try {
    const { client, snapshot } = await opened;
    yield* stream(client, snapshot);
  } finally {
    end();
    await session?.catch(() => {});
  }
}

/** Roles and tablespaces, which no dump of a database has. They hold password verifiers: a reason to encrypt. */
export function globalsPart({ server, environment, folder }: PostgresSource): Part {
  return {
    kind: 'postgres',
    source: GLOBALS,
    expected: undefined,
    pack: (packing) =>
      packProgram(['pg_dumpall', '--globals-only', '--no-password'], libpqEnvironment(server, 'postgres', environment, folder), packing),
  };
}
