import pg from 'pg';
import { log, reason } from './log.js';
import { secret, settings } from './settings.js';

/** Sets no limit to a query: a migration may take long. */
export const connection = {
  host: settings.db.host,
  port: settings.db.port,
  database: settings.db.database,
  user: settings.db.user,
  password: secret('DB_PASSWORD'),
  application_name: `sample ${settings.version} ${settings.colour}`,
  connectionTimeoutMillis: 5_000, // for the connecting only
};

export const database = new pg.Pool({
  ...connection,
  max: settings.db.poolSize,
  // A database that neither answers nor refuses must not hold a request, or a stop, for ever.
  query_timeout: 10_000,
  keepAlive: true,
});

// The pool drops a broken idle connection by itself; unheard, the event would end the process.
database.on('error', (error) => log.warn('database connection lost', { reason: reason(error) }));
