import { createHash } from 'node:crypto';
import { maskSecrets } from '../../config/secret.js';
import { ComposeError } from '../../engine/compose.js';
import { baseProject } from '../base/project.js';
import { ASIDE } from '../base/up.js';
import type { JournalRecord } from '../journal.js';
import type { Operation } from '../operation.js';
import { pruneAfterDeploy } from '../prune/after-deploy.js';
import { forgetReleases } from '../releases/forget-releases.js';
import { imagesOf } from '../releases/kept-release.js';
import { writeSnapshot } from '../releases/release-snapshot.js';

/** Writes down that the release is live, forgets those that are too old to go back to, and removes what only they needed. */
export async function record(operation: Operation): Promise<undefined> {
  const { deck, identity, source } = operation;
  const record = {
    at: new Date().toISOString(),
    kind: 'release',
    token: operation.servedToken,
    release: identity.release,
    version: identity.version,
    colour: identity.colour,
    source: source.kind,
    revision: source.revision,
    images: await imagesOf(operation),
    configHash: createHash('sha256').update(maskSecrets(operation.recorded, operation.config.secrets)).digest('hex'),
  };
  await deck.append(record);
  // From here on it can be gone back to; whatever fails below is left undone, and told.
  await operation.unstaged;
  await Promise.all([writeSnapshot(operation), tendBase(operation)]);
  const journal = [...(deck.journal as JournalRecord[]), record];
  await forgetReleases(operation, journal);
  await pruneAfterDeploy(operation, journal);
  return undefined;
}

/** What no traffic goes through is brought to what the files say; about the rest a person is told. */
async function tendBase({ config, docker, compose, files, drift, warn }: Operation): Promise<void> {
  const drifted = await drift;
  const aside = drifted.filter((service) => ASIDE.includes(service));
  const others = drifted.filter((service) => !ASIDE.includes(service));
  if (aside.length > 0) {
    try {
      await compose.call(await baseProject(config, docker, files), ['up', '--detach', '--no-deps', '--no-build', ...aside]);
    } catch (error) {
      // The release is live, and nothing of it depends on them; going back does not make the images of the base, either.
      if (!(error instanceof ComposeError)) throw error;
      warn(
        `${aside.join(', ')}: could not be brought to what the files say (npx zx scripts/base.mjs upgrade): ${error.details.at(-1) ?? error.message}`,
      );
    }
  }
  if (others.length > 0) warn(`${others.join(', ')}: the files or .env have changed since it was started; a deploy leaves the base alone`);
}
