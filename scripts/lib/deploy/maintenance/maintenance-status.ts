import { readMaintenance, readOpened } from '../../edge/gate.js';
import type { Docker } from '../../engine/docker.js';
import { openStack } from '../stack.js';
import { observe, type State } from '../state.js';

/** Whether the public is turned away, the same for people and programs. */
export interface MaintenanceStatus {
  on: boolean;
  /** Since when it is on or off, ISO 8601; null: it never was on. */
  since: string | null;
  /** Addresses and networks whose clients pass. */
  allow: readonly string[];
  /** What the page says; null: the edge's own words. */
  message: string | null;
  /** Seconds; null while it is off. */
  retryAfter: number | null;
}

/**
 * Looks whether there is maintenance; takes no lock and changes nothing.
 *
 * @param dotenv the path that --dotenv gave
 */
export async function maintenanceStatus(dotenv: string | undefined): Promise<MaintenanceStatus> {
  const { config, docker } = await openStack(dotenv);
  return statusOf(docker, edgeIn(await observe(docker, config.names)));
}

/** @returns the stack's edge, running or not; undefined when there is none yet */
export function edgeIn({ base }: Pick<State, 'base'>): State['base'][number] | undefined {
  return base.find(({ service }) => service === 'edge');
}

/** @returns the state of an edge; without one there is no maintenance */
export async function statusOf(docker: Docker, edge: { id: string } | undefined): Promise<MaintenanceStatus> {
  const [maintenance, opened] = edge ? await Promise.all([readMaintenance(docker, edge.id), readOpened(docker, edge.id)]) : [];
  if (!maintenance) return { on: false, since: opened ?? null, allow: [], message: null, retryAfter: null };
  const { since, allow, message = null, retryAfter } = maintenance;
  return { on: true, since, allow, message, retryAfter };
}
