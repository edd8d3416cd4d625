import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { cronSecretKeys } from '../../config/cron.js';
import type { Config } from '../../config/load.js';
import { connectionUrls } from '../../config/urls.js';
import type { ArchiveFile } from '../../engine/archive.js';
import type { Deck } from '../../engine/deck/deck.js';
import { UsageError } from '../../errors.js';
import { makeJobFolders } from './job-folders.js';
import { appSecretFiles } from './secret-files.js';

/** Postgres, Redis and cron run as this user, in the official images and in ours. */
export const DATA_UID = 999;

interface Writing {
  config: Config;
  deck: Deck;
}

/** Secrets reach containers as files in volumes; no environment, argument, label or image ever holds one. */
export async function writeSecrets({ config, deck }: Writing): Promise<void> {
  const { DB_PASSWORD, POSTGRES_PASSWORD, REDIS_PASSWORD } = config.secrets;
  const volumes = config.names.volumes;
  await refuseChangedPasswords({ config, deck });
  const files = await appFiles(config);
  const role = readFileSync(resolve(config.root, 'infra/postgres/10-app-role.sh'));
  await Promise.all([
    makeJobFolders({ config, deck }, DATA_UID),
    deck.writeSecrets(volumes.secretsPostgres, [
      forData('POSTGRES_PASSWORD', POSTGRES_PASSWORD.reveal()),
      forData('DB_PASSWORD', DB_PASSWORD.reveal()),
      { path: '10-app-role.sh', content: role, mode: 0o444 },
    ]),
    deck.writeSecrets(volumes.secretsRedis, [
      forData('REDIS_PASSWORD', REDIS_PASSWORD.reveal()),
      // Redis reads a double-quoted string with C escapes.
      forData('redis.conf', `requirepass ${JSON.stringify(REDIS_PASSWORD.reveal())}\n`),
    ]),
    deck.writeSecrets(volumes.secretsCron, cronSecrets(config)),
    deck.writeSecrets(volumes.secretsApp, [...appSecrets(config), ...files]),
  ]);
}

/** @returns what the app gets: its passwords, and the URLs that have them in them, for programs that want those */
export function appSecrets(config: Pick<Config, 'settings' | 'secrets'>): ArchiveFile[] {
  const { DB_PASSWORD, REDIS_PASSWORD, SECRET_KEY } = config.secrets;
  const offered = { DB_PASSWORD, REDIS_PASSWORD, SECRET_KEY, ...connectionUrls(config) };
  // The app's services run as users of their own choice; only containers that mount the volume see these at all.
  return Object.entries(offered).map(([path, secret]) => ({ path, content: secret.reveal(), mode: 0o444 }));
}

/** What encrypts and decrypts is loaded only where there are such files. */
async function appFiles({ settings: { SECRET_FILES, AGE_IDENTITY_FILE }, secrets, environment }: Config): Promise<ArchiveFile[]> {
  if (SECRET_FILES.length === 0) return [];
  const [{ fileSecretsOf, readFileSecrets }, { readIdentities }] = await Promise.all([
    import('../../config/secrets/file-secrets.js'),
    import('../../config/secrets/age/identities.js'),
  ]);
  const identities = () => readIdentities({ ...environment, AGE_IDENTITY: secrets.AGE_IDENTITY.reveal(), AGE_IDENTITY_FILE });
  return appSecretFiles(await readFileSecrets(fileSecretsOf(SECRET_FILES), identities));
}

/** @returns what the cron container gets. A secret that is not set is written empty: it may have been set before. */
export function cronSecrets({ secrets }: Pick<Config, 'secrets'>): ArchiveFile[] {
  return cronSecretKeys.map((key) => forData(key, secrets[key].reveal()));
}

/** A file that Postgres, Redis and cron can read, and nobody else but root. */
export function forData(path: string, content: string | Buffer): ArchiveFile {
  return { path, content, mode: 0o400, uid: DATA_UID, gid: DATA_UID };
}

/**
 * Postgres and Redis keep the passwords that they were started with: other ones in the files would lock the live release
 * out at its next restart.
 */
async function refuseChangedPasswords({ config, deck }: Writing): Promise<void> {
  const { secretsPostgres, secretsRedis } = config.names.volumes;
  const kept = [
    ['POSTGRES_PASSWORD', secretsPostgres],
    ['DB_PASSWORD', secretsPostgres],
    ['REDIS_PASSWORD', secretsRedis],
  ] as const;
  const changed = await Promise.all(
    kept.map(async ([key, volume]) => {
      const before = await deck.readSecret(volume, key);
      return before === undefined || before === config.secrets[key].reveal()
        ? []
        : [`${key}: differs from the one that the stack runs with`];
    }),
  );
  if (changed.flat().length === 0) return;
  throw new UsageError('a password was changed', {
    details: changed.flat(),
    hints: [`put the old value back into ${config.file}: changing the passwords of a stack is not supported yet`],
  });
}
