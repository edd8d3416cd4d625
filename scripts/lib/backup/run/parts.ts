import { configPart, hasSnapshot } from '../kinds/config.js';
import { filesPart, fileVolumes } from '../kinds/files.js';
import type { Part } from '../kinds/part.js';
import { assertDumpFits, databasePart, databasesOf, dumpVersion, globalsPart } from '../kinds/postgres.js';
import { withPostgres } from '../kinds/postgres-client.js';
import { redisPart } from '../kinds/redis.js';
import { redisFacts } from '../kinds/redis-client.js';
import type { Kind, Manifest } from '../set.js';
import type { Context } from './context.js';

/** What a run will store, and what was learned of the servers on the way. */
export interface Plan {
  parts: Part[];
  versions: Omit<Manifest['versions'], 'slipway'>;
}

/** Asks the servers what there is to back up; nothing is read yet. */
export async function planParts(context: Context, kinds: readonly Kind[]): Promise<Plan> {
  const plan: Plan = { parts: [], versions: {} };
  if (kinds.includes('postgres')) await planPostgres(context, plan);
  if (kinds.includes('redis')) await planRedis(context, plan);
  if (kinds.includes('files')) {
    const volumes = await fileVolumes(context.paths.filesSocket);
    plan.parts.push(...volumes.map((volume) => filesPart(context.paths.filesSocket, volume)));
  }
  if (kinds.includes('config') && hasSnapshot(context.paths.snapshot)) {
    plan.parts.push(configPart(context.paths.snapshot, context.settings.BACKUP_AGE_RECIPIENTS.length > 0));
  }
  return plan;
}

async function planPostgres({ postgres, settings, environment }: Context, { parts, versions }: Plan): Promise<void> {
  const pgDump = await dumpVersion(environment);
  await withPostgres(postgres.server, 'postgres', async (client) => {
    versions.postgres = await assertDumpFits(client, pgDump);
    versions.pgDump = pgDump;
    const databases = await databasesOf(client, settings.BACKUP_DATABASES);
    parts.push(globalsPart(postgres), ...databases.map(({ name, bytes }) => databasePart(postgres, name, bytes)));
  });
}

async function planRedis({ redis, environment }: Context, { parts, versions }: Plan): Promise<void> {
  const { version, bytes } = await redisFacts(redis);
  versions.redis = version;
  parts.push(redisPart(redis, environment, bytes));
}
