import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ArchiveFile } from '../../engine/archive.js';
import { SlipwayError, UsageError } from '../../errors.js';
import { baseDrift, baseProject } from '../base.js';
import { removeAbandonedRuns } from '../containers.js';
import type { Operation, StepReport } from '../operation.js';
import { observe } from '../state.js';

/** Postgres and Redis run as this user in the official images and in ours. */
const DATA_UID = 999;

/**
 * Has the edge, Postgres and Redis up. Containers that are there are never recreated here; where they differ from the
 * files, that is reported.
 */
export async function haveBaseUp(operation: Operation, { progress }: StepReport): Promise<string> {
  const { config, compose, docker, deck, before, volumes, signal } = operation;
  await Promise.all([writeSecrets(operation), removeAbandonedRuns(docker, config.names)]);
  const project = await baseProject(config, docker);
  const wanted = ['edge', 'postgres', 'redis'];
  const up = before.base.filter(({ state, health }) => state === 'running' && health === 'healthy').map(({ service }) => service);
  const missing = wanted.filter((service) => !up.includes(service));
  if (missing.length > 0) {
    progress(`starting ${missing.join(', ')}`);
    await compose.call(project, ['up', '--detach', '--no-recreate', '--no-build', '--pull=missing', '--wait', '--wait-timeout=180'], {
      signal,
    });
  }
  await Promise.all([deck.join(config.names.networks.app), ...volumes.map((volume) => ensureVolume(operation, volume))]);
  if (missing.includes('edge')) await refuseOtherColour(operation);
  if (missing.length > 0) return `started ${missing.join(', ')}`;
  operation.drift = baseDrift(compose, project, before.base);
  // Whoever awaits it gets its error; until then it must not count as unhandled.
  operation.drift.catch(() => {});
  return 'it runs';
}

/** An edge that was away brings back what it served: a plan that was made without it may be for the very colour that serves. */
async function refuseOtherColour({ docker, config, before }: Operation): Promise<void> {
  const { live } = await observe(docker, config.names);
  if (live?.token === before.live?.token) return;
  throw new SlipwayError(`the edge was away; now it serves ${live?.version} (${live?.colour}) again`, {
    hints: ['type the command again'],
  });
}

/** Secrets reach containers as files in volumes; no environment, argument, label or image ever holds one. */
export async function writeSecrets({ config, deck }: Pick<Operation, 'config' | 'deck'>): Promise<void> {
  const { DB_PASSWORD, POSTGRES_PASSWORD, REDIS_PASSWORD, SECRET_KEY } = config.secrets;
  const volumes = config.names.volumes;
  await refuseChangedPasswords({ config, deck });
  const forData = (path: string, content: string): ArchiveFile => ({ path, content, mode: 0o400, uid: DATA_UID, gid: DATA_UID });
  // The app's services run as users of their own choice; only containers that mount the volume see these at all.
  const forApp = (path: string, content: string): ArchiveFile => ({ path, content, mode: 0o444 });
  const role = readFileSync(resolve(config.root, 'infra/postgres/10-app-role.sh'));
  await Promise.all([
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
    deck.writeSecrets(volumes.secretsApp, [
      forApp('DB_PASSWORD', DB_PASSWORD.reveal()),
      forApp('REDIS_PASSWORD', REDIS_PASSWORD.reveal()),
      forApp('SECRET_KEY', SECRET_KEY.reveal()),
    ]),
  ]);
}

/**
 * Postgres and Redis keep the passwords that they were started with: other ones in the files would lock the live release
 * out at its next restart.
 */
async function refuseChangedPasswords({ config, deck }: Pick<Operation, 'config' | 'deck'>): Promise<void> {
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

/** Creating a volume that exists changes nothing. */
async function ensureVolume({ docker, config }: Operation, name: string): Promise<void> {
  await docker.call(`creating the volume ${name}`, () =>
    docker.api.createVolume({ Name: name, Labels: { 'dev.slipway.stack': config.names.base } }),
  );
}
