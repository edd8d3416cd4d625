import { setTimeout as delay } from 'node:timers/promises';
import Dockerode from 'dockerode';

export const engine = new Dockerode();

const isIn = (prefix: string, name: string) => new RegExp(`^/?${prefix}([-_/.:]|$)`).test(name);

/** Everything on the engine whose name begins with a stack's (or a whole run's) name. */
async function everythingOf(prefix: string) {
  const [containers, networks, { Volumes }, images] = await Promise.all([
    engine.listContainers({ all: true }),
    engine.listNetworks(),
    engine.listVolumes(),
    engine.listImages({ all: false }),
  ]);
  const project = (labels: Record<string, string> | undefined | null) => labels?.['com.docker.compose.project'] ?? '';
  return {
    containers: containers.filter(({ Names, Labels }) => Names.some((name) => isIn(prefix, name)) || isIn(prefix, project(Labels))),
    networks: networks.filter(({ Name }) => isIn(prefix, Name)),
    volumes: (Volumes ?? []).filter(({ Name }) => isIn(prefix, Name)),
    // Another stack may have built the same image: only the names of this one are its own. One whose tag went to a newer build has no
    // name left, but still the label of the project that built it.
    images: images.flatMap(({ Id, RepoTags, Labels }) => {
      const own = (RepoTags ?? []).filter((tag) => isIn(prefix, tag));
      return own.length === 0 && isIn(prefix, project(Labels)) ? [Id] : own;
    }),
  };
}

/** @returns a name for each container, network, volume and image that is there */
export async function leftovers(prefix: string): Promise<string[]> {
  const { containers, networks, volumes, images } = await everythingOf(prefix);
  return [
    ...containers.map(({ Names, State }) => `container ${Names[0]} (${State})`),
    ...networks.map(({ Name }) => `network ${Name}`),
    ...volumes.map(({ Name }) => `volume ${Name}`),
    ...images.map((image) => `image ${image}`),
  ].sort();
}

/** How long the engine may take to end removals that are under way (milliseconds). */
const UNDER_WAY_MS = 10_000;

/** Removes all of it, containers first, since they hold the rest, until nothing is there. What stays is found by {@link leftovers}. */
export async function destroyEverything(prefix: string): Promise<void> {
  for (const deadline = Date.now() + UNDER_WAY_MS; Date.now() < deadline; await delay(100)) {
    const { containers, networks, volumes, images } = await everythingOf(prefix);
    if (containers.length + networks.length + volumes.length + images.length === 0) return;
    await Promise.all(containers.map(({ Id }) => engine.getContainer(Id).remove({ force: true, v: true }).catch(underWay)));
    await Promise.all(networks.map(({ Id }) => engine.getNetwork(Id).remove().catch(underWay)));
    await Promise.all(volumes.map(({ Name }) => engine.getVolume(Name).remove().catch(underWay)));
    for (const image of images) await engine.getImage(image).remove({ force: true }).catch(underWay);
  }
}

/** 404: it is gone already. 403, 409: its removal, or that of a container that holds it, is under way. */
function underWay(error: { statusCode?: number }): void {
  if (![403, 404, 409].includes(error.statusCode ?? 0)) throw error;
}
