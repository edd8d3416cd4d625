import { createHash } from 'node:crypto';
import { maskSecrets } from '../../config/secret.js';
import { baseProject } from '../base.js';
import { ASIDE } from '../base-up.js';
import type { Operation } from '../operation.js';
import { writeSnapshot } from '../release-snapshot.js';

/** Writes the release down: what was deployed, from which images, by which model. Secrets stand in it as references. */
export async function record(operation: Operation): Promise<undefined> {
  const { deck, identity, app, source, config, docker } = operation;
  const model = maskSecrets(operation.recorded, config.secrets);
  await operation.unstaged;
  await Promise.all([writeSnapshot(operation), tendBase(operation)]);
  const references = [...new Set(app.services.map(({ image }) => image))];
  const images = await Promise.all(
    references.map(async (reference) => {
      const image = await docker.image(reference);
      return { reference, id: image?.Id, digests: image?.RepoDigests ?? [] };
    }),
  );
  await deck.append({
    at: new Date().toISOString(),
    kind: 'release',
    token: deck.token,
    release: identity.release,
    version: identity.version,
    colour: identity.colour,
    source: source.kind,
    revision: source.revision,
    images,
    model,
    configHash: createHash('sha256').update(model).digest('hex'),
  });
  return undefined;
}

/** What no traffic goes through is brought to what the files say; about the rest a person is told. */
async function tendBase({ config, docker, compose, files, drift, warn }: Operation): Promise<void> {
  const drifted = await drift;
  const aside = drifted.filter((service) => ASIDE.includes(service));
  const others = drifted.filter((service) => !ASIDE.includes(service));
  if (aside.length > 0) {
    await compose.call(await baseProject(config, docker, files), ['up', '--detach', '--no-deps', '--no-build', ...aside]);
  }
  if (others.length > 0) warn(`${others.join(', ')}: the files or .env have changed since it was started; a deploy leaves the base alone`);
}
