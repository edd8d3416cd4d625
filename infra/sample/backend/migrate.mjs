// Database migrations: migrate.mjs up | down | status | pending
//   up       applies all that are missing, in one transaction: a failed `up` changes nothing
//   down     takes the newest one back
//   status   every migration and whether it is applied
//   pending  the missing ones, one name a line and nothing else; `contract:` stands before one
//            whose file name contains `.contract.`, which the previous release may not survive
// Exit code 0 if it worked, 1 if not (with one line on stderr), 2 for a wrong call.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { breakage } from './src/breakage.js';
import { connection } from './src/database.js';
import { reason } from './src/log.js';

const TABLE = 'schema_migrations';
const DIRS = ['migrations', ...(breakage.failingMigration ? ['migrations-broken'] : [])].map((dir) => join(import.meta.dirname, dir));

let current = ''; // which migration a failure belongs to; the library tells it only in its log

async function run(direction) {
  const quiet = () => {};
  const applied = await runner({
    databaseUrl: connection,
    dir: DIRS.map((dir) => join(dir, '*')),
    useGlob: true,
    direction,
    migrationsTable: TABLE,
    singleTransaction: true,
    advisoryLockMode: 'wait', // two deploys at once: the second waits, then finds nothing to do
    logger: {
      info: (line) => {
        current = /^### MIGRATION (\S+)/.exec(line)?.[1] ?? current;
      },
      warn: quiet,
      error: quiet,
    },
  });
  for (const { name } of applied) console.log(`${direction} ${name}`);
  if (applied.length === 0) console.log('nothing to do');
}

/** Reads only: unlike the library's dry run it makes no table and takes no lock. */
async function list() {
  const files = (await Promise.all(DIRS.map((dir) => readdir(dir)))).flat().sort();
  const client = new pg.Client(connection);
  await client.connect();
  try {
    const {
      rows: [{ known }],
    } = await client.query('SELECT to_regclass($1) IS NOT NULL AS known', [TABLE]);
    const { rows } = known ? await client.query(`SELECT name FROM ${TABLE}`) : { rows: [] };
    const applied = new Set(rows.map((row) => row.name));
    return files.map((file) => {
      const name = file.replace(/\.\w+$/, '');
      return { name, applied: applied.has(name), label: file.includes('.contract.') ? `contract:${name}` : name };
    });
  } finally {
    await client.end();
  }
}

const commands = {
  up: () => run('up'),
  down: () => run('down'),
  status: async () => {
    for (const { label, applied } of await list()) console.log(`${applied ? 'applied' : 'pending'} ${label}`);
  },
  pending: async () => {
    for (const { label, applied } of await list()) if (!applied) console.log(label);
  },
};

const [name, ...rest] = process.argv.slice(2);
if (!Object.hasOwn(commands, name ?? '') || rest.length > 0) {
  console.error(`usage: migrate.mjs ${Object.keys(commands).join(' | ')}`);
  process.exit(2);
}
try {
  await commands[name]();
} catch (error) {
  console.error(`migrate ${name}: ${current ? `${current}: ` : ''}${reason(error)}`);
  process.exitCode = 1;
}
