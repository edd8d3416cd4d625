import type Dockerode from 'dockerode';
import { colours, type Names } from '../../config/names.js';
import { type Docker, EngineError } from '../../engine/docker.js';
import { keptName } from '../releases/kept-release.js';

/** A container or a network. */
export interface Named {
  id: string;
  name: string;
}

/** What a stack has on the engine beside images. */
export interface Belongings {
  /** Running or not, one-off ones and the deck included. */
  containers: Named[];
  networks: Named[];
  /** Names. */
  volumes: string[];
}

/**
 * @returns everything that carries the stack's label or that of one of its projects, and the volumes that only this stack can
 * have by their names
 */
export async function belongingsOf(docker: Docker, names: Names): Promise<Belongings> {
  const projects = [names.base, ...colours.map(names.project)].map((project) => `com.docker.compose.project=${project}`);
  const labels = [`dev.slipway.stack=${names.base}`, ...projects];
  const [containers, networks, { Volumes }] = await Promise.all([
    each(labels, (label) => docker.containers([label])),
    each(labels, (label) => docker.call('listing networks', () => docker.api.listNetworks({ filters: { label: [label] } }))),
    docker.call('listing volumes', () => docker.api.listVolumes()),
  ]);
  // The journal's volume comes with the lock, and has no label.
  const own = new Set(Object.values(names.volumes));
  const isOwn = ({ Name, Labels }: Dockerode.VolumeInspectInfo) =>
    own.has(Name) || Object.entries(Labels ?? {}).some(([key, value]) => labels.includes(`${key}=${value}`));
  return {
    containers: containers.map(({ Id, Names }) => ({ id: Id, name: (Names[0] ?? Id).replace(/^\//, '') })),
    networks: networks.map(({ Id, Name }) => ({ id: Id, name: Name })),
    volumes: (Volumes ?? []).filter(isOwn).map(({ Name }) => Name),
  };
}

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
  const { containers, networks, volumes } = await belongingsOf(docker, names);
  await removeContainers(docker, containers);
  await removeNetworks(docker, networks);
  await removeVolumes(docker, volumes);
  await removeKeptImages(docker, names);
  const images = await removeBuiltImages(docker, names);
  return { containers: containers.length, networks: networks.length, volumes: volumes.length, images };
}

/** Removes containers, running or not, with the volumes that have no name. */
export async function removeContainers(docker: Docker, containers: readonly Named[]): Promise<void> {
  await Promise.all(
    containers.map(({ id, name }) =>
      gone(docker, `removing the container ${name}`, () => docker.api.getContainer(id).remove({ force: true, v: true })),
    ),
  );
}

/** @throws EngineError when a container of somebody else is in one of them */
export async function removeNetworks(docker: Docker, networks: readonly Named[]): Promise<void> {
  await Promise.all(networks.map(({ id, name }) => gone(docker, `removing the network ${name}`, () => docker.api.getNetwork(id).remove())));
}

/** @throws EngineError when a container of somebody else has mounted one of them */
export async function removeVolumes(docker: Docker, volumes: readonly string[]): Promise<void> {
  await Promise.all(volumes.map((name) => gone(docker, `removing the volume ${name}`, () => docker.api.getVolume(name).remove())));
}

/** Takes away the names by which the stack keeps the images of its releases; an image that has no other goes with its name. */
export async function removeKeptImages(docker: Docker, names: Names): Promise<void> {
  await removeImages(docker, await imagesCalled(docker, keptName(names.base, '*')));
}

/** @returns how many images there were */
async function removeBuiltImages(docker: Docker, names: Names): Promise<number> {
  const images = await imagesCalled(docker, `${names.base}/*`);
  // Another stack may be called slipway, whose name the base images have as well: those are setup's.
  const own = images.filter(({ Labels }) => Labels?.['dev.slipway.source'] !== undefined);
  await removeImages(docker, own);
  return own.length;
}

function imagesCalled(docker: Docker, reference: string): Promise<Dockerode.ImageInfo[]> {
  return docker.call('listing images', () => docker.api.listImages({ filters: { reference: [reference] } }));
}

/** The engine lists those names alone that were asked for. */
async function removeImages(docker: Docker, images: readonly Dockerode.ImageInfo[]): Promise<void> {
  const tags = images.flatMap(({ RepoTags }) => RepoTags ?? []);
  await Promise.all(tags.map((tag) => gone(docker, `removing the image ${tag}`, () => docker.api.getImage(tag).remove())));
}

async function each<T extends { Id?: string; Name?: string }>(
  labels: readonly string[],
  list: (label: string) => Promise<T[]>,
): Promise<T[]> {
  const all = (await Promise.all(labels.map(list))).flat();
  return [...new Map(all.map((one) => [one.Id ?? one.Name, one])).values()];
}

/** What is gone already is no error. */
async function gone(docker: Docker, what: string, remove: () => Promise<unknown>): Promise<void> {
  try {
    await docker.change(what, remove);
  } catch (error) {
    if (error instanceof EngineError && (error.status === 404 || /already in progress/.test(error.message))) return;
    throw error;
  }
}
