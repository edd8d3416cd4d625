import type { AppService } from '../../config/app-model.js';
import { composeYaml } from '../../config/release-model.js';
import { dockerCommand } from '../../engine/docker-command.js';
import { NoRegistryError, pull } from '../../engine/pull.js';
import { run } from '../../engine/run.js';
import { messageOf, SlipwayError, UsageError } from '../../errors.js';
import type { Operation, StepReport } from '../operation.js';
import type { StepOf } from '../plan.js';

/** Has every image of the release on the engine: from the registry, else built from the tag or the working tree. */
export async function getImages(operation: Operation, step: StepOf<'images'>, { progress }: StepReport): Promise<string> {
  const { app, config } = operation;
  const services = firstOfEachImage(app.services);
  const toBuild: AppService[] = [];
  let pulled = 0;
  for (const service of services) {
    if (await isReady(operation, service)) continue;
    const ours = config.settings.REGISTRY === '' || !service.image.startsWith(`${config.settings.REGISTRY}/`);
    if (service.builds && ours) toBuild.push(service);
    else if (await pulls(operation, service.image, progress)) pulled++;
    else if (service.builds) toBuild.push(service);
    else throw missing(service);
  }
  if (toBuild.length > 0) await build(operation, toBuild, progress);
  if (operation.push)
    await push(
      operation,
      services.filter(({ builds, image }) => builds && image.startsWith(`${config.settings.REGISTRY}/`)),
      progress,
    );
  return summary(step.images.length, pulled, toBuild.length, operation);
}

/**
 * @returns false when the registry says that it does not have the image, or none answers for a name that names no registry
 * @throws the error of the pull when REGISTRY's own registry refuses or does not answer: what runs must not silently be
 * something else than what was pushed
 */
async function pulls({ docker, config, warn, signal }: Operation, image: string, progress: (text: string) => void): Promise<boolean> {
  try {
    await pull(docker, image, progress, signal);
    return true;
  } catch (error) {
    const fromRegistry = config.settings.REGISTRY !== '' && image.startsWith(`${config.settings.REGISTRY}/`);
    const absent = error instanceof UsageError && ABSENT.test(error.message);
    if (error instanceof NoRegistryError && fromRegistry) throw new SlipwayError(error.message, { hints: WITHOUT_REGISTRY, cause: error });
    if (!absent && (fromRegistry || !(error instanceof NoRegistryError || error instanceof UsageError))) throw error;
    if (fromRegistry) warn(messageOf(error));
    return false;
  }
}

/** Loading the image by hand would not help: nobody could say that it is the one that was pushed. */
const WITHOUT_REGISTRY = [
  'type the command again when the registry answers',
  'a release that was live before needs no registry: npx zx scripts/rollback.mjs',
];

/** A registry that does not have an image; Docker Hub does not tell that from one that it does not show. */
const ABSENT = /manifest|not found|name unknown|does not exist/i;

function missing({ name, image }: AppService): SlipwayError {
  return new SlipwayError(
    `the image ${image} of ${name} is nowhere: not on the engine, not in a registry, and ${name} has no build section`,
    {
      hints: ['check the version, or build and push the image first'],
    },
  );
}

/** Services that share an image (a backend and its workers) share one build. */
function firstOfEachImage(services: readonly AppService[]): AppService[] {
  const byImage = new Map<string, AppService>();
  for (const service of services) if (!byImage.get(service.image)?.builds) byImage.set(service.image, service);
  return [...byImage.values()];
}

/** An image without a build section is taken as it is on the engine; one built from this very tag needs no second build. */
async function isReady({ docker, source, config }: Operation, { image, builds }: AppService): Promise<boolean> {
  const found = await docker.image(image);
  if (!found) return false;
  if (!builds) return config.settings.REGISTRY === '' || !image.startsWith(`${config.settings.REGISTRY}/`);
  const labels = found.Config.Labels ?? {};
  return (
    source.kind === 'git-tag' &&
    labels['dev.slipway.source'] === 'git-tag' &&
    labels['org.opencontainers.image.revision'] === source.revision
  );
}

/** Builds through Compose, with the OCI labels that say what the image is: https://specs.opencontainers.org/image-spec/annotations/ */
async function build(
  { app, compose, config, identity, source, project, signal }: Operation,
  services: readonly AppService[],
  progress: (text: string) => void,
): Promise<void> {
  const labels: Record<string, string> = {
    'org.opencontainers.image.version': identity.version,
    'org.opencontainers.image.revision': source.revision ?? 'unknown',
    'org.opencontainers.image.created': new Date().toISOString(),
    'dev.slipway.source': source.kind,
  };
  const model = structuredClone(app.compose);
  for (const { name } of services) {
    const service = model.services?.[name];
    if (!service?.build) continue;
    service.build = typeof service.build === 'string' ? { context: service.build, labels } : { ...service.build, labels };
  }
  const files = { model: composeYaml(model) };
  const names = services.map(({ name }) => name);
  await compose.call({ ...project, name: config.names.project(identity.colour), files }, ['build', ...names], { signal, onLine: progress });
}

async function push({ docker, signal }: Operation, services: readonly AppService[], progress: (text: string) => void): Promise<void> {
  for (const { image } of services) {
    progress(`pushing ${image}`);
    try {
      await run(dockerCommand(docker, 'push', image), { onLine: progress, detached: true, signal });
    } catch (error) {
      throw new SlipwayError(`${image} could not be pushed: ${messageOf(error)}`, { hints: ['type: docker login'], cause: error });
    }
  }
}

function summary(all: number, pulled: number, built: number, { source, push: pushed }: Operation): string {
  const parts: string[] = [];
  const ready = all - pulled - built;
  if (ready > 0) parts.push(`${ready} ready`);
  if (pulled > 0) parts.push(`${pulled} pulled`);
  if (built > 0) parts.push(`${built} built from ${source.kind === 'git-tag' ? 'the git tag' : 'the working tree'}`);
  if (pushed) parts.push('pushed');
  return parts.join(', ');
}
