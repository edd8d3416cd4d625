import { colours, type Names } from '../config/names.js';
import { type Docker, EngineError } from '../engine/docker.js';

/**
 * Removes everything that a stack has on the engine, its data included: containers, networks, volumes, the images that
 * were built under its name. For stacks made to be thrown away, such as the demo's and the tests'.
 *
 * @returns how many of each were removed
 */
export async function removeStack(
  docker: Docker,
  names: Names,
): Promise<{ containers: number; networks: number; volumes: number; images: number }> {
  const projects = [names.base, ...colours.map(names.project)].map((project) => `com.docker.compose.project=${project}`);
  const labels = [`dev.slipway.stack=${names.base}`, ...projects];
  const containers = await each(labels, (label) => docker.containers([label]));
  await Promise.all(
    containers.map(({ Id }) =>
      gone(docker, `removing the container ${Id}`, () => docker.api.getContainer(Id).remove({ force: true, v: true })),
    ),
  );

  const networks = await each(labels, (label) =>
    docker.call('listing networks', () => docker.api.listNetworks({ filters: { label: [label] } })),
  );
  await Promise.all(networks.map(({ Id, Name }) => gone(docker, `removing the network ${Name}`, () => docker.api.getNetwork(Id).remove())));

  const labelled = await each(
    labels,
    async (label) => (await docker.call('listing volumes', () => docker.api.listVolumes({ filters: { label: [label] } }))).Volumes ?? [],
  );
  const volumes = [...new Set([...labelled.map(({ Name }) => Name), ...Object.values(names.volumes)])];
  const removed = await Promise.all(
    volumes.map((name) => gone(docker, `removing the volume ${name}`, () => docker.api.getVolume(name).remove())),
  );

  const images = await docker.call('listing images', () => docker.api.listImages({ filters: { reference: [`${names.base}/*`] } }));
  // Another stack may be called slipway, whose name the base images have as well: those are setup's.
  const own = images.filter(({ Labels }) => Labels?.['dev.slipway.source'] !== undefined);
  await Promise.all(
    own.flatMap(({ RepoTags }) =>
      (RepoTags ?? []).map((tag) => gone(docker, `removing the image ${tag}`, () => docker.api.getImage(tag).remove())),
    ),
  );
  return { containers: containers.length, networks: networks.length, volumes: removed.filter(Boolean).length, images: own.length };
}

async function each<T extends { Id?: string; Name?: string }>(
  labels: readonly string[],
  list: (label: string) => Promise<T[]>,
): Promise<T[]> {
  const all = (await Promise.all(labels.map(list))).flat();
  return [...new Map(all.map((one) => [one.Id ?? one.Name, one])).values()];
}

/** @returns false when it was gone already */
async function gone(docker: Docker, what: string, remove: () => Promise<unknown>): Promise<boolean> {
  try {
    await docker.call(what, remove);
    return true;
  } catch (error) {
    if (error instanceof EngineError && (error.status === 404 || /already in progress/.test(error.message))) return false;
    throw error;
  }
}
