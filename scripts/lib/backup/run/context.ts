import { type CronSettings, cronPaths, storesOf } from '../../config/cron.js';
import type { PostgresSource } from '../kinds/postgres.js';
import type { RedisServer } from '../kinds/redis.js';
import type { Store } from '../store/store.js';
import type { Tell } from './event.js';

/** What every command in the cron container works with. */
export interface Context {
  settings: CronSettings['settings'];
  secrets: CronSettings['secrets'];
  environment: NodeJS.ProcessEnv;
  stack: string;
  /** The version of Slipway that the image was built from. */
  slipway: string;
  postgres: PostgresSource;
  redis: RedisServer;
  /** Every one of them has to take a set. The cheapest to read from comes first. */
  stores: Store[];
  paths: typeof cronPaths;
  tell: Tell;
  /** Aborted when the command is to stop. */
  signal: AbortSignal;
  now: () => Date;
}

/** @returns the context of a command, from what the container was given */
export async function contextOf({ settings, secrets, environment }: CronSettings, tell: Tell, signal: AbortSignal): Promise<Context> {
  return {
    settings,
    secrets,
    environment,
    stack: settings.STACK,
    slipway: environment.SLIPWAY_VERSION ?? 'unknown',
    postgres: {
      server: { host: 'postgres', port: 5432, user: 'postgres', password: secrets.POSTGRES_PASSWORD },
      environment,
      folder: '/tmp',
    },
    redis: { host: 'redis', port: 6379, password: secrets.REDIS_PASSWORD },
    stores: await openStores(settings, secrets),
    paths: cronPaths,
    tell,
    signal,
    now: () => new Date(),
  };
}

async function openStores(settings: CronSettings['settings'], secrets: CronSettings['secrets']): Promise<Store[]> {
  return Promise.all(
    storesOf(settings).map(async (name) => {
      if (name === 'local') {
        const { localStore } = await import('../store/local.js');
        return localStore(cronPaths.sets);
      }
      const { s3Store } = await import('../store/s3.js');
      const keyId = secrets.AWS_ACCESS_KEY_ID.reveal();
      return s3Store({
        bucket: settings.S3_BUCKET,
        prefix: settings.S3_PREFIX,
        region: settings.AWS_REGION,
        pathStyle: settings.S3_PATH_STYLE === 'auto' ? settings.S3_ENDPOINT !== '' : settings.S3_PATH_STYLE === 'on',
        maxParts: settings.S3_MAX_PARTS,
        ...(settings.S3_ENDPOINT === '' ? {} : { endpoint: settings.S3_ENDPOINT }),
        ...(keyId === '' ? {} : { accessKeyId: keyId, secretAccessKey: secrets.AWS_SECRET_ACCESS_KEY.reveal() }),
        ...(settings.S3_STORAGE_CLASS === '' ? {} : { storageClass: settings.S3_STORAGE_CLASS }),
        ...(settings.S3_SSE === '' ? {} : { sse: settings.S3_SSE }),
        ...(settings.S3_SSE_KMS_ID === undefined ? {} : { sseKmsKeyId: settings.S3_SSE_KMS_ID }),
      });
    }),
  );
}
