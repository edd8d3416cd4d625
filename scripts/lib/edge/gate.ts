import { firstFileOf } from '../engine/archive.js';
import type { Docker } from '../engine/docker.js';
import type { Maintenance } from './maintenance.js';

/**
 * Reads the gate out of the edge's volume; works on a stopped edge as well.
 *
 * @returns undefined when there is no maintenance
 */
export async function readMaintenance(docker: Docker, container: string): Promise<Maintenance | undefined> {
  const archive = await docker.archive(container, '/var/lib/edge/gate/gate.json');
  if (!archive) return undefined;
  const { since, allow, message, retryAfter } = JSON.parse(await firstFileOf(archive)) as Maintenance;
  return { since, allow, message, retryAfter };
}

/** @returns when maintenance last ended, ISO 8601; undefined when there never was any */
export async function readOpened(docker: Docker, container: string): Promise<string | undefined> {
  const archive = await docker.archive(container, '/var/lib/edge/opened');
  return archive && (await firstFileOf(archive)).trim();
}
