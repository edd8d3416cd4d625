import { UsageError } from '../../errors.js';
import { fileVolumes } from '../kinds/files.js';
import { serverVersion, withPostgres } from '../kinds/postgres-client.js';
import { redisFacts } from '../kinds/redis-client.js';
import { GLOBALS } from '../names.js';
import { isEncrypted } from '../pipe/unpack.js';
import type { Context } from '../run/context.js';
import { type CataloguedSet, setId } from '../set.js';
import type { DatabaseFacts, RestoreFacts, RestoreRequest, VolumeFacts } from '../sidecar/restore-results.js';
import { keyCount } from '../throwaway/redis.js';
import { databaseFacts } from './database-facts.js';
import { assertReadable, findSource, restorableKinds } from './find-source.js';
import { isLopsided } from './lopsided.js';
import { isCutOff, readRecords } from './record.js';
import { volumeHere, volumesOfRelease } from './release-volumes.js';
import { assertRoom, type Downloads, freeBytes, roomWarning } from './room.js';
import { objectOf, type Source } from './work.js';

/**
 * Looks at a set and at what is there, for the plan. Nothing is changed, and whatever can be known to go wrong is said here.
 *
 * @returns the facts, and the set, when there is one
 * @throws UsageError or SlipwayError saying why it cannot be restored
 */
export async function gatherFacts(context: Context, request: RestoreRequest): Promise<{ facts: RestoreFacts; source: Source | undefined }> {
  const { stack, now, paths } = context;
  const found = request.set === undefined ? undefined : await findSource(context, request.set, request.kinds, request.fromStack ?? stack);
  const stamp = freeStamp(
    now(),
    readRecords(paths.scratch).map((record) => record.stamp),
  );
  if (found) {
    await assertReadable(found);
    await assertVersions(context, found);
  }
  const kinds = request.kinds.length > 0 ? request.kinds : restorableKinds.filter((kind) => found?.manifest.kinds.includes(kind));
  const { databases, skipped } = kinds.includes('postgres')
    ? await databaseFacts(context, found, request, stamp)
    : { databases: [], skipped: [] };
  const redis = kinds.includes('redis') && found ? await redisOf(context, found) : undefined;
  const volumes = kinds.includes('files') && found ? await volumesOf(context, found) : [];
  const downloads: Downloads = { dumps: spooled(databases, request, found), redis: redis?.bytes ?? 0 };
  const free = freeBytes(paths.scratch);
  assertRoom(downloads, free);
  const standing = [...databases, ...volumes].reduce((sum, { bytes }) => sum + bytes, 0);
  const facts: RestoreFacts = {
    stamp,
    set: found && describe(found, found.set),
    databases,
    skipped,
    roles: databases.length > 0 && Boolean(found?.manifest.objects.some(({ kind, source }) => kind === 'postgres' && source === GLOBALS)),
    redis,
    volumes,
    warnings: [...(roomWarning(downloads, standing, free) ?? []), ...warningsOf(context, redis !== undefined)].flat(),
    cutOff: readRecords(paths.scratch)
      .filter(isCutOff)
      .map((record) => record.stamp),
  };
  return { facts, source: found };
}

/** @returns the bytes of each dump that comes into the work folder; the others come as streams */
function spooled(databases: readonly DatabaseFacts[], { tables }: RestoreRequest, found: Source | undefined): number[] {
  const isStreamed = (name: string) => found && tables.length === 0 && isLopsided(objectOf(found, 'postgres', name).rows ?? {});
  return databases.filter(({ name }) => !isStreamed(name)).map(({ bytes }) => bytes);
}

function describe({ manifest }: Source, { stores, verified }: CataloguedSet): RestoreFacts['set'] {
  const { set, stack, began, release, objects } = manifest;
  return { id: set, stack, began, release, encrypted: objects.some(isEncrypted), stores, verified };
}

/** Everything that a restore makes is called by this second; two restores within one would share it. */
function freeStamp(now: Date, taken: readonly string[]): string {
  let moment = now;
  while (taken.includes(setId(moment))) moment = new Date(moment.getTime() + 1_000);
  return setId(moment);
}

/** @throws UsageError when the set was made by a newer server: neither Postgres nor Redis reads what a newer one wrote */
async function assertVersions({ postgres, redis }: Context, { manifest }: Source): Promise<void> {
  const made = manifest.versions;
  const problems: string[] = [];
  if (made.postgres !== undefined) {
    const { text } = await withPostgres(postgres.server, 'postgres', serverVersion);
    if (major(made.postgres) > major(text))
      problems.push(`POSTGRES_IMAGE: the set was made by PostgreSQL ${made.postgres}, this server is ${text}`);
  }
  if (made.redis !== undefined) {
    const { version } = await redisFacts(redis);
    if (major(made.redis) > major(version))
      problems.push(`REDIS_IMAGE: the set was made by Redis ${made.redis}, this server is ${version}`);
  }
  if (problems.length === 0) return;
  throw new UsageError(`the set ${manifest.set} is of a newer server than this stack has`, {
    details: problems,
    hints: ['a server restores what one of its own major version, or an older one, made'],
  });
}

function major(version: string): number {
  return Number.parseInt(version, 10);
}

async function redisOf({ redis }: Context, { manifest }: Source): Promise<RestoreFacts['redis']> {
  const object = manifest.objects.find(({ kind }) => kind === 'redis');
  return object && { keys: object.keys?.total ?? 0, bytes: object.plain.bytes, liveKeys: await keyCount(redis) };
}

async function volumesOf({ stack, paths }: Context, source: Source): Promise<VolumeFacts[]> {
  const objects = source.manifest.objects.filter(({ kind }) => kind === 'files');
  if (objects.length === 0) return [];
  const mounted = await fileVolumes(paths.filesSocket);
  const isMounted = ({ source: name }: { source: string }) => mounted.includes(name);
  const known = objects.every(isMounted) ? {} : await volumesOfRelease(source);
  return objects.map((object) => {
    const volume = volumeHere(object.source, known[object.source], source.manifest.stack, stack);
    if (volume === undefined && !isMounted(object))
      throw new UsageError(
        `files ${object.source}: the volume ${known[object.source]} has a name of its own, and ${source.manifest.stack} may be using it`,
        {
          hints: ['deploy the app first, so that the container files has its volumes; or leave files out: --only postgres,redis'],
        },
      );
    return { name: object.source, bytes: object.plain.bytes, volume: volume ?? '', mounted: isMounted(object) };
  });
}

function warningsOf({ settings, secrets }: Context, redis: boolean): string[] {
  if (!redis || settings.BACKUP_AGE_RECIPIENTS.length === 0 || secrets.BACKUP_AGE_IDENTITY.reveal() !== '') return [];
  return ['the safety set will be encrypted, and BACKUP_AGE_IDENTITY is not set: --undo needs it to bring Redis back'];
}
