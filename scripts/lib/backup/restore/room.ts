import { statfsSync } from 'node:fs';
import { formatBytes } from '../../config/durations.js';
import { RestoreError } from './work.js';

/** What a restore puts on the scratch volume: one dump at a time, unless it is streamed, and Redis' data until the swap. */
export interface Downloads {
  dumps: readonly number[];
  redis: number;
}

/** @returns the bytes that a process without special rights may still write there */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** @returns the bytes that are needed at once; pure */
export function neededBytes({ dumps, redis }: Downloads): number {
  return Math.max(0, ...dumps) + redis;
}

/**
 * @throws RestoreError with both sizes, when a download has no room
 */
export function assertRoom(downloads: Downloads, free: number): void {
  const needed = neededBytes(downloads);
  if (needed <= free) return;
  throw new RestoreError(`there is no room on the scratch volume: ${formatBytes(needed)} are needed, ${formatBytes(free)} are free`, {
    hints: ['make room on the machine, such as by: docker system df, docker image prune', 'or restore less at a time: --only, --database'],
  });
}

/**
 * The servers' own volumes are usually on the same disk, where the restored database then stands beside the live one.
 *
 * @param standing bytes of what will stand beside what is live: databases, as large as their dumps, and files
 * @returns a warning when that could become narrow; pure
 */
export function roomWarning(downloads: Downloads, standing: number, free: number): string | undefined {
  const likely = neededBytes(downloads) + standing;
  if (likely <= free) return undefined;
  return `what is restored stands beside what is live until you type --forget: if both are on one disk, about ${formatBytes(likely)} are needed, ${formatBytes(free)} are free`;
}
