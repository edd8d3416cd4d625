import type Dockerode from 'dockerode';
import type { Config } from '../../config/load.js';
import { type Colour, colours, type Names, otherColour } from '../../config/names.js';
import { cronImage } from '../../cron/image.js';
import { edgeImage } from '../../edge/image.js';
import { segmentsIn } from '../../engine/deck/protocol.js';
import { cacheUnusedSince, type EngineImage, imageUse, listImages } from '../../engine/disk.js';
import type { Docker } from '../../engine/docker.js';
import { type JournalFiles, parseJournal, readJournalFiles, recordsIn } from '../journal.js';
import { observe } from '../state.js';
import { familiar } from './own-names.js';
import { isToolkitImage } from './plan-toolkit.js';
import type { AnyContainer, PruneState, SegmentText } from './prune-state.js';

/** What is to be looked at. */
export interface ObserveOptions {
  /** Undefined: not at the build cache; else at what was last used before (milliseconds since 1970). */
  cacheBefore: number | undefined;
}

/** @returns all that the whole plan needs, and what the layers of all images take (bytes); nothing is changed */
export async function observeAll(docker: Docker, config: Config, options: ObserveOptions): Promise<{ state: PruneState; layers: number }> {
  const { live } = await observe(docker, config.names);
  const [files, use, containers, made, cache] = await Promise.all([
    readJournalFiles(docker, config),
    imageUse(docker),
    anyContainers(docker, config.names),
    Promise.all([edgeImage(config, docker), cronImage(config, docker)]),
    options.cacheBefore === undefined ? undefined : cacheUnusedSince(docker, options.cacheBefore),
  ]);
  const state: PruneState = {
    stack: config.names.base,
    live: live?.colour,
    journal: recordsIn(files),
    segments: segmentsOf(files),
    files: [...files].map(([name, text]) => ({ name, bytes: Buffer.byteLength(text) })),
    containers: await withTimes(docker, containers, live && otherColour(live.colour)),
    images: await withNaming(docker, use.images),
    base: [...baseImages(config), ...made],
    cache,
  };
  return { state, layers: use.layers };
}

/** @returns what planning images and names alone needs: it is looked at in a few milliseconds */
export async function observeImages(docker: Docker, config: Config): Promise<Pick<PruneState, 'containers' | 'images' | 'base'>> {
  const [containers, images] = await Promise.all([anyContainers(docker, config.names), listImages(docker)]);
  return { containers, images, base: baseImages(config) };
}

function baseImages({ settings }: Config): string[] {
  const { NGINX_IMAGE, NODE_IMAGE, POSTGRES_IMAGE, REDIS_IMAGE } = settings;
  return [NGINX_IMAGE, NODE_IMAGE, POSTGRES_IMAGE, REDIS_IMAGE].map(familiar);
}

function segmentsOf(files: JournalFiles): SegmentText[] {
  return segmentsIn([...files.keys()]).map((name) => {
    const text = files.get(name) ?? '';
    return { name, text, until: parseJournal(text).at(-1)?.at };
  });
}

async function anyContainers(docker: Docker, names: Names): Promise<AnyContainer[]> {
  const all = await docker.containers([]);
  return all.map((container) => describe(container, names));
}

function describe({ Id, Names: [name], ImageID, State, Labels }: Dockerode.ContainerInfo, names: Names): AnyContainer {
  const isOwn = Labels['dev.slipway.stack'] === names.base;
  const isOneOff = Labels['com.docker.compose.oneoff'] === 'True';
  return {
    id: Id,
    name: (name ?? Id).replace(/^\//, ''),
    imageId: ImageID,
    state: State,
    colour: isOwn && !isOneOff ? colours.find((colour) => Labels['com.docker.compose.project'] === names.project(colour)) : undefined,
    release: isOwn ? Labels['dev.slipway.release'] : undefined,
    stoppedAt: undefined,
  };
}

/** Asks of the idle colour's containers what the list does not tell. */
async function withTimes(docker: Docker, containers: readonly AnyContainer[], idle: Colour | undefined): Promise<AnyContainer[]> {
  return Promise.all(
    containers.map(async (container) => {
      if (idle === undefined || container.colour !== idle) return container;
      const found = await docker.inspect(container.id);
      if (!found) return container;
      // One that never ran has a moment of the year 1.
      const stoppedAt = Math.max(Date.parse(found.State.FinishedAt), Date.parse(found.Created));
      return { ...container, stoppedAt };
    }),
  );
}

async function withNaming(docker: Docker, images: readonly EngineImage[]): Promise<PruneState['images']> {
  return Promise.all(
    images.map(async (image) => {
      if (!isToolkitImage(image)) return image;
      const found = await docker.image(image.id);
      const named = Date.parse((found as { Metadata?: { LastTagTime?: string } } | undefined)?.Metadata?.LastTagTime ?? '');
      return Number.isNaN(named) ? image : { ...image, named };
    }),
  );
}
