import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors.js';
import { type Key, type SecretKey, schema } from './schema.js';
import { Secret } from './secret.js';

/** What the cron container gets in its environment; its secrets come as files. */
export const cronKeys = [
  'STACK',
  'S3_BUCKET',
  'S3_ENDPOINT',
  'S3_PREFIX',
  'S3_PATH_STYLE',
  'S3_STORAGE_CLASS',
  'S3_SSE',
  'S3_SSE_KMS_ID',
  'S3_MAX_PARTS',
  'AWS_REGION',
  'BACKUP_STORES',
  'BACKUP_DATABASES',
  'BACKUP_SCHEDULE',
  'BACKUP_DRILL_SCHEDULE',
  'BACKUP_JITTER',
  'BACKUP_RETENTION_DAYS',
  'BACKUP_RETENTION_COUNT',
  'BACKUP_RETENTION_WEEKLY',
  'BACKUP_RETENTION_MONTHLY',
  'BACKUP_AGE_RECIPIENTS',
  'VACUUM_SCHEDULE',
  'DB_NAME',
  'DB_USER',
  'TZ',
] as const satisfies readonly Key[];

/** Secrets of the cron container that may be left empty, and may change at any time: it reads them anew for each command. */
export const cronOptionalSecretKeys = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'BACKUP_AGE_IDENTITY',
  'BACKUP_WEBHOOK_URL',
] as const satisfies readonly SecretKey[];
/** The secrets that the cron container gets, as files in its secrets' volume: those that it works with, and no other. */
export const cronSecretKeys = ['POSTGRES_PASSWORD', 'REDIS_PASSWORD', ...cronOptionalSecretKeys] as const satisfies readonly SecretKey[];

/** Where things are inside the cron container. */
export const cronPaths = {
  /** Read-only: the secrets, and under `snapshot/` what the last deploy wrote down about the release. */
  secrets: '/run/secrets',
  snapshot: '/run/secrets/snapshot',
  /** Sets of the store `local`. */
  sets: '/var/lib/slipway/sets',
  /** Throwaway servers of drills, downloads of restores. */
  scratch: '/var/lib/slipway/scratch',
  /** The container `files` listens here; it alone can read the app's volumes. */
  filesSocket: '/run/files/files.sock',
  /** The app's volumes, by their short names, in the container `files`. */
  files: '/files',
} as const;

const shape = schema.pick(Object.fromEntries(cronKeys.map((key) => [key, true])) as { [K in (typeof cronKeys)[number]]: true });

export interface CronSettings {
  settings: ReturnType<(typeof shape)['parse']>;
  secrets: Readonly<Record<(typeof cronSecretKeys)[number], Secret>>;
  /** The whole environment, for programs that are started. */
  environment: Readonly<NodeJS.ProcessEnv>;
}

/**
 * Reads what the cron container was given.
 *
 * @param environment the process's environment
 * @param folder where the secrets' files are
 * @throws UsageError listing every problem
 */
export function readCronSettings(environment: NodeJS.ProcessEnv = process.env, folder: string = cronPaths.secrets): CronSettings {
  const result = shape.safeParse(environment);
  if (!result.success) {
    const details = result.error.issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`);
    throw new UsageError('the settings of the cron container have problems', { details });
  }
  const secrets = Object.fromEntries(cronSecretKeys.map((key) => [key, new Secret(readOrEmpty(join(folder, key)))]));
  return { settings: result.data, secrets: secrets as unknown as CronSettings['secrets'], environment };
}

/** A secret that is not set has no file. */
function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** @returns the names of the stores that each set has to reach, the one that is cheapest to read from first */
export function storesOf({ BACKUP_STORES, S3_BUCKET }: { BACKUP_STORES: readonly string[]; S3_BUCKET: string }): ('local' | 's3')[] {
  if (BACKUP_STORES.length === 0) return S3_BUCKET === '' ? ['local'] : ['s3'];
  return (['local', 's3'] as const).filter((name) => BACKUP_STORES.includes(name));
}
