import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the last deploy wrote down for the cron container. */
export interface ReleaseSnapshot {
  version: string;
  colour: string;
  release: string;
}

/**
 * @param folder where the snapshot is
 * @returns what was live at the last deploy; undefined when nothing was deployed yet
 */
export function releaseSnapshot(folder: string): ReleaseSnapshot | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'release.json'), 'utf8')) as ReleaseSnapshot;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** @returns the version that is live */
export function liveRelease(folder: string): string | undefined {
  return releaseSnapshot(folder)?.version;
}
