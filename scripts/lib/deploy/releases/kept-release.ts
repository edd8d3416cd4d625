import { z } from 'zod';
import { type AppModel, readAppModel } from '../../config/app-model.js';
import type { Config } from '../../config/load.js';
import { maskedModel, secretsOf, unmaskedModel } from '../../config/masked-model.js';
import { type Colour, colours } from '../../config/names.js';
import type { Docker } from '../../engine/docker.js';
import { SlipwayError, UsageError } from '../../errors.js';
import type { Operation } from '../operation.js';

const keptImage = z.object({
  /** As the model names it. */
  reference: z.string(),
  id: z.string(),
  /** By which a registry gives this very image; none when it was built here. */
  digests: z.array(z.string()),
});

const keptRelease = z.object({
  format: z.literal(1),
  release: z.string(),
  version: z.string(),
  source: z.object({ kind: z.enum(['git-tag', 'working-tree']), revision: z.string().optional() }),
  /** The app's files as Compose resolved them for each colour; variables that may be secret stand in them as references. */
  apps: z.record(z.enum(colours), z.string()),
  images: z.array(keptImage),
});

/** A release as it was deployed: all that going back to it needs, whatever the files and tags say by then. */
export type KeptRelease = z.output<typeof keptRelease>;
export type KeptImage = z.output<typeof keptImage>;

/** @returns the name of a release's file beside the journal */
export function fileOf(release: string): string {
  return `release-${release}.json`;
}

/**
 * Keeps the release that is being deployed, before it gets traffic. Its images get a name of the stack's own: a version that
 * is built anew takes its name away from the old image, which would then be anybody's to prune.
 */
export async function keepRelease(operation: Operation): Promise<void> {
  const { deck, docker, config, identity, source } = operation;
  const kept: KeptRelease = {
    format: 1,
    release: identity.release,
    version: identity.version,
    source: { kind: source.kind, ...(source.revision === undefined ? {} : { revision: source.revision }) },
    apps: await resolvedApps(operation),
    images: await imagesOf(operation),
  };
  await Promise.all(kept.images.map(({ id }) => nameImage(docker, id, keptName(config.names.base, id))));
  await deck.keep(fileOf(identity.release), JSON.stringify(kept));
}

async function resolvedApps({ resolved, config }: Operation): Promise<KeptRelease['apps']> {
  const entries = await Promise.all(
    colours.map(async (colour) => [colour, maskedModel(await resolved(colour), valuesOf(config))] as const),
  );
  return Object.fromEntries(entries) as KeptRelease['apps'];
}

/** Every variable whose value a kept model has as a reference: the configuration's, the app's, and what the environment calls secret. */
function valuesOf({ secrets, appEnv, environment }: Config): Record<string, string> {
  const own = Object.fromEntries(Object.entries(secrets).map(([key, secret]) => [key, secret.reveal()]));
  return { ...secretsOf(environment), ...appEnv, ...own };
}

/** @returns the images of the release that is being deployed, as the engine has them now */
export async function imagesOf({ app, docker }: Operation): Promise<KeptImage[]> {
  const references = [...new Set(app.services.map(({ image }) => image))];
  return Promise.all(
    references.map(async (reference) => {
      const image = await docker.image(reference);
      if (!image) throw new SlipwayError(`the image ${reference} is gone from the engine`);
      return { reference, id: image.Id, digests: image.RepoDigests ?? [] };
    }),
  );
}

/** @returns the name under which a stack keeps an image */
export function keptName(stack: string, id: string): string {
  return `${stack}-kept:${id.replace(/^sha256:/, '').slice(0, 12)}`;
}

async function nameImage(docker: Docker, id: string, name: string): Promise<void> {
  const at = name.indexOf(':');
  await docker.call(`naming the image ${name}`, () => docker.api.getImage(id).tag({ repo: name.slice(0, at), tag: name.slice(at + 1) }));
}

/** @throws SlipwayError when the file is not what {@link keepRelease} wrote */
export function parseKept(text: string): KeptRelease {
  const result = keptRelease.safeParse(JSON.parse(text));
  if (result.success) return result.data;
  throw new SlipwayError('what was kept of the release cannot be read', { details: result.error.issues.map(({ message }) => message) });
}

/**
 * @param images what {@link findImages} found
 * @returns the app of a kept release in a colour, with today's values of variables and today's names of its images
 * @throws UsageError naming variables that have no value any more
 */
export function appOf(kept: KeptRelease, colour: Colour, images: ReadonlyMap<string, string>, config: Config): AppModel {
  const values = { ...config.environment, ...valuesOf(config) } as Record<string, string>;
  const { yaml, missing } = unmaskedModel(kept.apps[colour], values);
  if (missing.length > 0) {
    throw new UsageError(`${kept.version} needs variables that are not set any more`, {
      details: missing.map((key) => `${key}: is missing`),
      hints: ['set them in the file that APP_ENV_FILE names, or in the environment'],
    });
  }
  const app = readAppModel(yaml, config.names);
  for (const service of Object.values(app.compose.services ?? {})) {
    if (service.image) service.image = images.get(service.image) ?? service.image;
  }
  return { ...app, services: app.services.map((service) => ({ ...service, image: images.get(service.image) ?? service.image })) };
}

/**
 * Looks for the very images that a release ran on.
 *
 * @returns by the name in the model, the name under which the engine has that image now
 * @throws SlipwayError naming those that are nowhere
 */
export async function findImages(docker: Docker, stack: string, images: readonly KeptImage[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const missing: string[] = [];
  const names = await Promise.all(
    images.map(({ reference, id, digests }) => firstWith(docker, [reference, keptName(stack, id), ...digests], id)),
  );
  for (const [index, { reference, digests }] of images.entries()) {
    const name = names[index];
    if (name) found.set(reference, name);
    else missing.push(digests[0] ? `${reference}: docker pull ${digests[0]}` : `${reference}: it was built here, and has been removed`);
  }
  if (missing.length === 0) return found;
  throw new SlipwayError('images of the release are gone from the engine', { details: missing });
}

async function firstWith(docker: Docker, candidates: readonly string[], id: string): Promise<string | undefined> {
  for (const name of candidates) if ((await docker.image(name))?.Id === id) return name;
  return undefined;
}
