import { exitCodes, SlipwayError } from '../../errors.js';
import { type PostgresServer, withPostgres } from '../kinds/postgres-client.js';

/** Another run of this stack's backups is going on. */
export class BusyError extends SlipwayError {
  constructor(since: string | undefined) {
    super(`another backup, restore or drill of this stack is running${since ? `, since ${since}` : ''}`, {
      hints: ['wait until it has ended: npx zx scripts/backup.mjs list shows its set'],
      exitCode: exitCodes.locked,
    });
  }
}

/** The two numbers under which Postgres knows our lock: "slip", "back". */
const LOCK = [0x736c6970, 0x6261636b] as const;

/**
 * Does something while holding the lock of this stack's backups. It is an advisory lock of the Postgres server that is
 * backed up, so it holds for every host and container that works on the same server, and ends with whoever holds it.
 *
 * @throws BusyError when somebody else holds it
 */
export async function withBackupLock<T>(server: PostgresServer, action: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return withPostgres(server, 'postgres', async (client) => {
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS taken', [...LOCK]);
    if (!rows[0]?.taken) throw new BusyError(await holderSince());
    const lost = new AbortController();
    client.once('end', () => lost.abort(new SlipwayError('the connection to Postgres that held the lock of the backups is gone')));
    return action(lost.signal);

    async function holderSince(): Promise<string | undefined> {
      const held = await client.query<{ since: string }>(
        `SELECT to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since
           FROM pg_locks l JOIN pg_stat_activity a USING (pid)
          WHERE l.locktype = 'advisory' AND l.classid = $1 AND l.objid = $2 AND l.granted`,
        [...LOCK],
      );
      return held.rows[0]?.since;
    }
  });
}
