/** Where psql runs, and between which databases. */
export interface CopyBack {
  /** The Postgres container's name. */
  container: string;
  from: string;
  to: string;
  /** `schema.table`. */
  table: string;
  columns: readonly string[];
}

/** The container's own user is trusted on the socket. */
const PSQL = 'psql -X -v ON_ERROR_STOP=1 -h /var/run/postgresql -U postgres';

/**
 * The command that a person types to bring rows of a table that was restored beside into the live database: those whose key
 * is there already stay as they are. It runs in one transaction; pure.
 */
export function copyBackCommand({ container, from, to, table, columns }: CopyBack): string {
  const list = columns.map(quoteName).join(', ');
  const name = table.replace(/\./, '\0').split('\0').map(quoteName).join('.');
  const out = `${PSQL} -d ${quoteWord(from)} -c ${quoteWord(`COPY (SELECT ${list} FROM ${name}) TO STDOUT`)}`;
  const into = [
    `CREATE TEMP TABLE back AS SELECT ${list} FROM ${name} WITH NO DATA`,
    'COPY back FROM STDIN',
    `INSERT INTO ${name} (${list}) OVERRIDING SYSTEM VALUE SELECT ${list} FROM back ON CONFLICT DO NOTHING`,
  ];
  const back = `${PSQL} -1 -d ${quoteWord(to)} ${into.map((statement) => `-c ${quoteWord(statement)}`).join(' ')}`;
  return `docker exec ${container} sh -c ${quoteWord(`${out} | ${back}`)}`;
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** @returns the command to look into a database with */
export function lookCommand(container: string, database: string): string {
  return `docker exec -it ${container} ${PSQL} -d ${quoteWord(database)}`;
}

/** A word for a POSIX shell. */
function quoteWord(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
