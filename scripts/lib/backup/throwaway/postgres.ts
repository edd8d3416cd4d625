import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresServer } from '../kinds/postgres-client.js';
import { withPostgres } from '../kinds/postgres-client.js';
import { ChildError, outputOf, start } from '../pipe/child.js';

const START_MS = 60_000;

/** Settings for a server whose data nobody will miss: no syncing, little memory, no network. */
const SETTINGS = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'wal_level=minimal',
  'max_wal_senders=0',
  'max_wal_size=1GB',
  'shared_buffers=64MB',
  'maintenance_work_mem=64MB',
  'max_connections=20',
  'autovacuum=off',
  'listen_addresses=',
  'logging_collector=off',
];

/**
 * Starts an empty Postgres in a folder, on a Unix socket, and ends it afterwards.
 *
 * @param preload the original's shared_preload_libraries: some extensions cannot be created without
 */
export async function withThrowawayPostgres<T>(
  folder: string,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
  action: (server: PostgresServer) => Promise<T>,
): Promise<T> {
  const data = join(folder, 'pgdata');
  mkdirSync(data, { mode: 0o700 });
  const env = { PATH: environment.PATH, LANG: 'C.UTF-8', HOME: folder };
  const init = ['--pgdata', data, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'];
  for await (const _ of outputOf(start('initdb', init, { env, signal })));
  const settings = [...SETTINGS, `unix_socket_directories=${folder}`].flatMap((setting) => ['-c', setting]);
  const child = start('postgres', ['-D', data, ...settings], { env });
  child.stdout.resume();
  const server: PostgresServer = { host: folder, port: 5432, user: 'postgres', password: undefined };
  try {
    await untilReady(server, child.ended, signal);
    return await action(server);
  } finally {
    child.kill();
    await child.ended.catch((error: unknown) => {
      if (!(error instanceof ChildError)) throw error;
    });
  }
}

/** @throws ChildError when it ends while it should start */
async function untilReady(server: PostgresServer, ended: Promise<void>, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    signal.throwIfAborted();
    try {
      await Promise.race([withPostgres(server, 'postgres', (client) => client.query('SELECT 1')), ended]);
      return;
    } catch (error) {
      if (error instanceof ChildError || performance.now() > deadline) throw error;
      await delay(50);
    }
  }
}
