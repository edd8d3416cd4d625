import { openStack } from '../deploy/stack.js';
import { containersOf } from '../deploy/state.js';
import type { PsqlRequest } from './request.js';
import { type RanIn, type RunInOptions, runIn } from './run-in.js';
import { targetOf } from './target.js';

/**
 * The password is read where it lies, in the Postgres container, and given to psql in its environment: it is never an argument, and
 * never here. Over the socket most servers ask for none.
 */
const SCRIPT = 'if [ -r "$1" ]; then PGPASSWORD=$(cat "$1"); export PGPASSWORD; fi; shift; exec psql "$@"';

/**
 * Runs psql in the Postgres container, as the app's role or as the superuser.
 *
 * @param dotenv the path that --dotenv gave
 */
export async function psql(dotenv: string | undefined, { database, admin, args }: PsqlRequest, options: RunInOptions): Promise<RanIn> {
  const stack = await openStack(dotenv);
  const { DB_NAME, DB_USER } = stack.config.settings;
  const containers = await containersOf(stack.docker, stack.config.names);
  const target = targetOf({ ...containers, live: undefined }, { service: 'postgres', colour: undefined, replica: undefined });
  const [role, secret] = admin ? ['postgres', 'POSTGRES_PASSWORD'] : [DB_USER, 'DB_PASSWORD'];
  const environment = {
    PGHOST: '/var/run/postgresql',
    PGUSER: role,
    PGDATABASE: database ?? DB_NAME,
    PGAPPNAME: 'slipway psql',
    // It would be kept in the volume of the data, with whatever was typed.
    PSQL_HISTORY: '/dev/null',
  };
  const about = { command: 'psql', program: 'psql', database: environment.PGDATABASE, role } as const;
  const command = ['sh', '-c', SCRIPT, 'psql', `/run/secrets/${secret}`, ...args] as const;
  return runIn(stack, target, about, { command, environment }, options);
}
