import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RestoreTarget } from '../kinds/pg-restore.js';
import { libpqEnvironment } from '../kinds/postgres-client.js';
import { statementsOf } from '../kinds/statements.js';
import { outputOf, start } from '../pipe/child.js';

/** What makes a database beside its content. */
export interface Properties {
  /** Its name, as it stands in SQL; undefined: the archive does not tell, a dump of some tables for example. */
  name: string | undefined;
  /** What follows the name in CREATE DATABASE: template, encoding, locale. */
  creation: string;
  /** Owner, comment, grants, settings and connection limit, as statements that have the name. */
  statements: string[];
}

/** The entries of an archive that are about the database itself. */
const ABOUT_DATABASE = /^\d+; \d+ \d+ (DATABASE |COMMENT - DATABASE |ACL - DATABASE |SECURITY LABEL - DATABASE )/;
/** Statements of the script that are about the session; those that say who grants something stay. */
const ABOUT_SESSION = /^(SET (?!SESSION AUTHORIZATION)|SELECT pg_catalog\.set_config)/;
const CREATE = /^CREATE DATABASE ("(?:[^"]|"")*"|\S+) (WITH .*)$/s;
/** A tablespace is a folder of the old machine. */
const TABLESPACE = / TABLESPACE = ("(?:[^"]|"")*"|\S+)/;

/** @returns the properties of the database that an archive was made of */
export async function propertiesIn(archive: string, { environment, folder, signal }: Omit<RestoreTarget, 'server'>): Promise<Properties> {
  const env = { PATH: environment.PATH };
  const list = await textOf(start('pg_restore', ['--create', '--list', archive], { env, signal }));
  const chosen = join(folder, 'database.list');
  writeFileSync(
    chosen,
    `${list
      .split('\n')
      .filter((line) => ABOUT_DATABASE.test(line))
      .join('\n')}\n`,
  );
  const script = await textOf(start('pg_restore', ['--create', `--use-list=${chosen}`, '--file=-', archive], { env, signal }));
  return propertiesOf(script);
}

/** Reads the script that pg_restore writes of those entries; pure. */
export function propertiesOf(script: string): Properties {
  const statements = statementsOf(script).filter((statement) => !ABOUT_SESSION.test(statement));
  const [, name, creation] = statements.map((statement) => CREATE.exec(statement)).find(Boolean) ?? [];
  return {
    name,
    creation: (creation ?? 'WITH TEMPLATE = template0').replace(TABLESPACE, ''),
    statements: statements.filter((statement) => !CREATE.test(statement)),
  };
}

/** @returns the properties of a database that is live, by way of a dump without any content */
export async function propertiesOfLive(target: RestoreTarget, database: string): Promise<Properties> {
  const { server, environment, folder, signal } = target;
  const archive = join(folder, 'live.properties');
  const args = ['--format=custom', '--schema-only', '--exclude-schema=*', '--no-password', `--file=${archive}`];
  await textOf(start('pg_dump', args, { env: libpqEnvironment(server, database, environment, folder), signal }));
  return propertiesIn(archive, target);
}

/** @returns the major version of the server that an archive was made of; undefined when it does not tell */
export async function majorOfArchive(archive: string, { environment, signal }: Omit<RestoreTarget, 'server'>): Promise<number | undefined> {
  const list = await textOf(start('pg_restore', ['--list', archive], { env: { PATH: environment.PATH }, signal }));
  const found = /^;\s+Dumped from database version: (\d+)/m.exec(list)?.[1];
  return found === undefined ? undefined : Number(found);
}

async function textOf(child: ReturnType<typeof start>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of outputOf(child)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
