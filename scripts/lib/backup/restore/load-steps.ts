import { join } from 'node:path';
import { UsageError } from '../../errors.js';
import { serverVersion, withPostgres } from '../kinds/postgres-client.js';
import * as mark from '../mark.js';
import { makeSet } from '../run/run.js';
import type { RestorableKind, StepDone } from '../sidecar/restore-results.js';
import { findSource } from './find-source.js';
import { type Dump, fetchDump, fetchWholeDump, loadDatabase, loadRoles } from './load-database.js';
import { loadRedis } from './load-redis.js';
import { loadTables } from './load-tables.js';
import { complete, type Operation, recordOf, save, sourceOf } from './operation.js';
import { majorOfArchive, propertiesIn } from './properties.js';
import { removeRecord, saveRecord } from './record.js';
import { RestoreError, type Source, targetOf } from './work.js';

/** The file in the work folder that a person's dump is put into. */
export const UPLOAD = 'upload.dump';

/** Backs up what is about to be replaced, and pins the set. */
export async function takeSafetySet(operation: Operation, kinds: readonly RestorableKind[]): Promise<StepDone> {
  const { context } = operation;
  const manifest = await makeSet(context, { kinds, reason: 'restore' });
  const { state, pinned } = recordOf(operation);
  // What is undone keeps the safety set that was taken before it was done.
  save(operation, { pinned: [...pinned, manifest.set], ...(state === 'restoring' ? { safetySet: manifest.set } : {}) });
  const stores = context.stores.map(({ name }) => name);
  await mark.pin(context.stores, { manifest, verified: undefined, pinned: false, stores }, context.now());
  return { detail: `the set ${manifest.set}`, set: manifest.set };
}

/** Makes the roles that are missing. */
export async function rolesStep(operation: Operation): Promise<StepDone> {
  const fresh = operation.facts?.databases.every(({ live }) => live === undefined || live.empty) ?? false;
  await loadRoles(sourceOf(operation), operation.folder, fresh);
  return { detail: undefined };
}

/** Restores a database beside the live one. */
export async function databaseStep(operation: Operation, database: string, into: string): Promise<StepDone> {
  const dump = operation.source ? await fetchDump(sourceOf(operation), database, operation.folder) : await uploaded(operation);
  operation.properties.set(database, dump.properties);
  const { rows, tables } = await loadDatabase(operation.context, dump, into, operation.folder);
  finishBeside(operation);
  return { detail: `${rows} rows in ${tables} tables` };
}

/** Restores some tables of a database into one of their own. */
export async function tablesStep(operation: Operation, database: string, into: string, tables: readonly string[]): Promise<StepDone> {
  const dump = operation.source ? await fetchWholeDump(sourceOf(operation), database, operation.folder) : await uploaded(operation);
  const { rows, columns } = await loadTables(operation.context, dump, into, tables, operation.folder);
  finishBeside(operation);
  return { detail: `${rows} rows`, columns };
}

/** Has a throwaway Redis load the set that Redis is to have: the one that is restored or, to undo that, its safety set. */
export async function redisStep(operation: Operation): Promise<StepDone> {
  operation.redis = await loadRedis(await redisSource(operation), operation.folder);
  return { detail: `${operation.redis.keys} keys` };
}

async function redisSource(operation: Operation): Promise<Source> {
  const { state, safetySet } = recordOf(operation);
  if (state === 'restoring') return sourceOf(operation);
  if (safetySet === undefined) throw new RestoreError('no safety set was taken before that restore');
  return findSource(operation.context, safetySet, ['redis'], operation.context.stack);
}

async function uploaded({ context, folder }: Operation): Promise<Dump> {
  const file = join(folder, UPLOAD);
  const target = targetOf(context, folder);
  const made = await majorOfArchive(file, target);
  const here = await withPostgres(target.server, 'postgres', serverVersion);
  if (made !== undefined && made > Math.floor(here.number / 10_000)) {
    throw new UsageError(`--from-file: the dump was made by PostgreSQL ${made}, this server is ${here.text}`, {
      hints: ['a server restores what one of its own major version, or an older one, made'],
    });
  }
  return { file, properties: await propertiesIn(file, target), rows: undefined };
}

/** What takes nothing's place is complete as soon as it is there. */
function finishBeside(operation: Operation): void {
  const record = recordOf(operation);
  if (record.beside.length === 0) return;
  const { scratch } = operation.context.paths;
  const beside = record.beside.filter(({ forget }) => forget);
  if (beside.length === 0) removeRecord(scratch, record.stamp);
  else saveRecord(scratch, { ...record, beside, state: 'done' });
  complete(operation);
}
