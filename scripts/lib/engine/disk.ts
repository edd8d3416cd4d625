import { SlipwayError } from '../errors.js';
import type { Docker } from './docker.js';

/** An image as the engine lists it. */
export interface EngineImage {
  id: string;
  /** Its tags, and the digests by which registries know it. */
  names: string[];
  /** When it was built (milliseconds since 1970). */
  created: number;
  /** What it takes on the disk that no other image shares (bytes); undefined where the engine was not asked. */
  bytes: number | undefined;
  labels: Readonly<Record<string, string>>;
}

/** What BuildKit keeps for later builds, of all projects of the engine together. */
export interface BuildCacheUse {
  /** What is not in use and was last used before a moment. */
  entries: number;
  bytes: number;
}

interface ListedImage {
  Id: string;
  RepoTags: string[] | null;
  RepoDigests: string[] | null;
  Created: number;
  Size: number;
  SharedSize: number;
  Labels: Record<string, string> | null;
}

interface DiskUse {
  LayersSize?: number;
  Images?: ListedImage[] | null;
  BuildCache?: { InUse: boolean; Size: number; LastUsedAt?: string | null; CreatedAt: string }[] | null;
}

/** @returns every image of the engine; sizes are not looked for, which makes it fast */
export async function listImages(docker: Docker): Promise<EngineImage[]> {
  const images = await docker.call('listing images', () => docker.api.listImages());
  return (images as unknown as ListedImage[]).map(describe);
}

/** @returns every image of the engine with its size, and what all layers take together (bytes) */
export async function imageUse(docker: Docker): Promise<{ images: EngineImage[]; layers: number }> {
  const { Images, LayersSize = 0 } = await diskUse(docker, 'image');
  return { images: (Images ?? []).map(describe), layers: LayersSize };
}

/** @returns what of the build cache was last used before a moment (milliseconds since 1970) */
export async function cacheUnusedSince(docker: Docker, moment: number): Promise<BuildCacheUse> {
  const { BuildCache } = await diskUse(docker, 'build-cache');
  const old = (BuildCache ?? []).filter(({ InUse, LastUsedAt, CreatedAt }) => !InUse && Date.parse(LastUsedAt ?? CreatedAt) < moment);
  return { entries: old.length, bytes: old.reduce((sum, { Size }) => sum + Math.max(0, Size), 0) };
}

/**
 * Has BuildKit remove what was not used for a while.
 *
 * @returns what became free (bytes)
 */
export async function pruneCache(docker: Docker, unusedForMs: number): Promise<number> {
  const query = { all: true, filters: { until: [`${Math.round(unusedForMs / 1_000)}s`] } };
  const { SpaceReclaimed } = await docker.change('pruning the build cache', () =>
    ask<{ SpaceReclaimed: number }>(docker, 'POST', '/build/prune', query),
  );
  return SpaceReclaimed;
}

/** The client has no way to ask for one kind alone, and the sizes of all volumes can take minutes. */
async function diskUse(docker: Docker, type: 'image' | 'build-cache'): Promise<DiskUse> {
  return docker.call('asking the engine about its disk', () => ask<DiskUse>(docker, 'GET', '/system/df', { type }));
}

function ask<T>(docker: Docker, method: 'GET' | 'POST', path: string, options: object): Promise<T> {
  const statusCodes = { 200: true, 400: 'bad parameter', 500: 'server error' };
  return new Promise((resolve, reject) => {
    docker.api.modem.dial({ path: `${path}?`, method, options, statusCodes }, (error: Error | null, data: unknown) => {
      if (error) reject(error);
      else if (typeof data !== 'object' || data === null) reject(new SlipwayError(`the engine's answer to ${path} is no JSON`));
      else resolve(data as T);
    });
  });
}

function describe({ Id, RepoTags, RepoDigests, Created, Size, SharedSize, Labels }: ListedImage): EngineImage {
  const names = [...(RepoTags ?? []), ...(RepoDigests ?? [])].filter((name) => !name.startsWith('<none>'));
  const bytes = SharedSize < 0 ? undefined : Size - SharedSize;
  return { id: Id, names, created: Created * 1_000, bytes, labels: Labels ?? {} };
}
