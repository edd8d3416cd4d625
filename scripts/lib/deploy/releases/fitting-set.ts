import type { ListResult } from '../../backup/sidecar/results.js';
import { formatDuration } from '../../config/durations.js';
import type { Config } from '../../config/load.js';
import { Cron } from '../../cron/cron.js';
import type { Docker } from '../../engine/docker.js';
import { SlipwayError } from '../../errors.js';
import type { Contract } from './contracts.js';

/** A backup set that a person may want to go back to. */
export interface FittingSet {
  id: string;
  /** ISO 8601. */
  began: string;
}

/**
 * Looks for data that an older release can live with.
 *
 * @param contracts what it cannot live with; at least one
 * @returns the newest set with databases that was made before any of them was run, by the clock; undefined when there is none
 */
export async function fittingSet(docker: Docker, { names }: Config, contracts: readonly Contract[]): Promise<FittingSet | undefined> {
  const earliest = Math.min(...contracts.map(({ at }) => Date.parse(at)));
  try {
    const { sets } = await (await Cron.find(docker, names)).call<ListResult>(['list']);
    const found = sets.find(
      ({ manifest }) => manifest.kinds.includes('postgres') && manifest.reason !== 'restore' && Date.parse(manifest.began) < earliest,
    );
    return found && { id: found.manifest.set, began: found.manifest.began };
  } catch (error) {
    // It is only suggested: where no store or no cron container answers, there is nothing to suggest.
    if (error instanceof SlipwayError) return undefined;
    throw error;
  }
}

/** @returns how long ago a moment is, such as `3 h 12 min ago` */
export function sayAgo(moment: string): string {
  return `${formatDuration(Math.max(0, Date.now() - Date.parse(moment)))} ago`;
}
