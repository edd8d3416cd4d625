/**
 * What dev:shell, dev:psql and dev:redis run inside a container. User, database and password come from the container's own
 * environment, in the names of the official images, and reach the client in its environment: no argument carries them.
 */

/** The best shell that there is, or a command in its place. */
export function shellCommand(command: readonly string[]): string[] {
  return command.length > 0 ? [...command] : ['sh', '-c', 'command -v bash > /dev/null && exec bash; exec sh'];
}

const PSQL = [
  'PGUSER=$( (printenv PGUSER POSTGRES_USER; echo postgres) | head -n 1)',
  'PGDATABASE=$( (printenv PGDATABASE POSTGRES_DB; echo "$PGUSER") | head -n 1)',
  'PGPASSWORD=$( (printenv PGPASSWORD POSTGRES_PASSWORD; cat "$POSTGRES_PASSWORD_FILE" 2> /dev/null) | head -n 1)',
  'export PGUSER PGDATABASE PGPASSWORD',
  'exec psql "$@"',
];

/** @param args further arguments of psql */
export function psqlCommand(args: readonly string[]): string[] {
  return ['sh', '-c', PSQL.join('\n'), 'psql', ...args];
}

const REDIS = [
  'REDISCLI_AUTH=$(printenv REDISCLI_AUTH REDIS_PASSWORD | head -n 1)',
  // An empty one would be tried as a password.
  'if [ -n "$REDISCLI_AUTH" ]; then export REDISCLI_AUTH; else unset REDISCLI_AUTH; fi',
  'exec redis-cli "$@"',
];

/** @param args further arguments of redis-cli */
export function redisCommand(args: readonly string[]): string[] {
  return ['sh', '-c', REDIS.join('\n'), 'redis-cli', ...args];
}
