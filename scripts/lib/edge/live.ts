import type { Colour } from '../config/names.js';
import { firstFileOf } from '../engine/archive.js';
import type { Docker } from '../engine/docker.js';

/** What the edge serves. */
export interface LiveSet {
  colour: Colour;
  version: string;
  /** The fencing token of the operation that made it live. */
  token: number;
  /** The release that a share of the clients is served by while it is tried; undefined: there is none. */
  canary?: LiveCanary;
}

/** What the edge says of a canary. */
export interface LiveCanary {
  /** The fencing token of the operation that tries it. */
  token: number;
  colour: Colour;
  version: string;
  /** Percent of the clients. */
  share: number;
}

/** How a set describes itself: in its live.json, and on the edge's private port. */
interface Description {
  colour: Colour | null;
  release: string;
  token: number;
  canary?: { token: number; colour: Colour; release: string; share: number };
}

/** @returns a set's description as JSON in one line, without any quote that nginx would take for its own */
export function describeSet({ colour, version, token, canary }: LiveSet): string {
  const description: Description = { colour, release: version, token };
  if (canary) description.canary = { token: canary.token, colour: canary.colour, release: canary.version, share: canary.share };
  return JSON.stringify(description);
}

/**
 * @param text what {@link describeSet} wrote
 * @returns undefined when no release is live
 */
export function parseSet(text: string): LiveSet | undefined {
  const { colour, release, token, canary } = JSON.parse(text) as Description;
  if (colour === null) return undefined;
  const live: LiveSet = { colour, version: release, token };
  if (canary) live.canary = { token: canary.token, colour: canary.colour, version: canary.release, share: canary.share };
  return live;
}

/**
 * Reads the edge's live set out of its volume. It works on a stopped edge as well, and takes a tenth of the time of a
 * command inside the container.
 *
 * @returns undefined when no release is live
 */
export async function readLiveSet(docker: Docker, container: string): Promise<LiveSet | undefined> {
  const archive = await docker.archive(container, '/var/lib/edge/live/live.json');
  if (!archive) return undefined;
  return parseSet(await firstFileOf(archive));
}

/** @returns the highest fencing token that the edge has seen; 0 when there was none */
export async function readEdgeToken(docker: Docker, container: string): Promise<number> {
  const archive = await docker.archive(container, '/var/lib/edge/token');
  return archive ? Number.parseInt(await firstFileOf(archive), 10) || 0 : 0;
}
