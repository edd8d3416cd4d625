import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Config } from '../../config/load.js';
import { maskSecrets } from '../../config/secret.js';
import type { ArchiveFile } from '../../engine/archive.js';
import { snapshotFolder } from '../base/files-to-mount.js';
import { forData } from '../base/secrets.js';
import type { Operation } from '../operation.js';
import { edgeSet } from '../steps/stage.js';

/**
 * Writes down for the cron container what is live, so that a backup set has it: the release, its resolved model (secrets
 * as references) and the edge's configuration without its private key. .env goes along only when sets are encrypted, so that
 * a bare machine can be set up from them.
 */
export async function writeSnapshot(operation: Operation): Promise<void> {
  const { config, deck, identity, source, files, app } = operation;
  const { version, colour, release } = identity;
  const jobs = Object.fromEntries(
    app.services.flatMap(({ jobs = {} }) => Object.entries(jobs).map(([name, { schedule }]) => [name, schedule])),
  );
  const description = { version, colour, release, source: source.kind, revision: source.revision, files, jobs };
  const content: ArchiveFile[] = [
    { path: 'release.json', content: `${JSON.stringify(description, undefined, 2)}\n` },
    { path: 'model.yml', content: maskSecrets(operation.recorded, config.secrets) },
    ...edgeSet('live', operation)
      .filter(({ path }) => path !== 'tls.key')
      .map((file) => ({ ...file, path: `edge/${file.path}` })),
    // Written empty when it must not be there: it may have been, before.
    {
      path: 'dotenv',
      content: config.settings.BACKUP_AGE_RECIPIENTS.length > 0 ? withoutDeployWebhook(dotenvOf(config.layers)) : '',
    },
  ];
  await deck.writeSecrets(
    config.names.volumes.secretsCron,
    content.map((file) => forData(`${snapshotFolder}/${file.path}`, file.content)),
  );
}

/**
 * One text that says what the files in clear text say together: in a .env file a later line wins, as a later file does. What was
 * encrypted, or kept by a provider, is there for whoever has the key to it, and is not put into anything else.
 */
export function dotenvOf(layers: Config['layers']): string {
  const parts = layers.flatMap(({ kind, name }) => {
    if (kind === 'dotenv') return [readFileSync(name, 'utf8')];
    if (kind === 'environment-dotenv') return [`# --- ${basename(name)}, which wins ---\n${readFileSync(name, 'utf8')}`];
    return kind === 'encrypted' || kind === 'provider' ? [`# Values of ${name} are in no backup.`] : [];
  });
  return parts.join('\n');
}

/** Nothing in the cron container has any use for it; whoever sets up a machine from a backup is told that it is missing. */
export function withoutDeployWebhook(dotenv: string): string {
  return dotenv.replace(
    /^[ \t]*(?:export[ \t]+)?DEPLOY_WEBHOOK_URL(?:[ \t]*=|:[ \t]).*$/gm,
    '# DEPLOY_WEBHOOK_URL is in no backup: set it anew.',
  );
}
