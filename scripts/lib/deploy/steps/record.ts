import { createHash } from 'node:crypto';
import { maskSecrets } from '../../config/secret.js';
import type { Operation } from '../operation.js';

/** Writes the release down: what was deployed, from which images, by which model. Secrets stand in it as references. */
export async function record(operation: Operation): Promise<undefined> {
  const { deck, identity, app, source, config, docker } = operation;
  const model = maskSecrets(operation.recorded, config.secrets);
  await operation.unstaged;
  const drifted = await operation.drift;
  if (drifted.length > 0)
    operation.warn(`${drifted.join(', ')}: the files or .env have changed since it was started; a deploy leaves the base alone`);
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
