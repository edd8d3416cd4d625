import type { JournalRecord } from '../journal.js';
import type { KeptImage } from './kept-release.js';

/** A release that went live, as the journal tells it. */
export interface ReleaseRecord {
  /** The fencing token of the operation that made it live. */
  token: number;
  /** ISO 8601. */
  at: string;
  release: string;
  version: string;
  colour: string;
  /** The commit that it was made from. */
  revision: string | undefined;
  images: KeptImage[];
}

/** @returns every time that a release went live, oldest first; pure */
export function releasesOf(journal: readonly JournalRecord[]): ReleaseRecord[] {
  return journal
    .filter(({ kind }) => kind === 'release')
    .map((record) => ({
      token: record.token,
      at: record.at,
      release: String(record.release),
      version: String(record.version),
      colour: String(record.colour),
      revision: record.revision === undefined ? undefined : String(record.revision),
      images: (record.images ?? []) as KeptImage[],
    }));
}

/**
 * The releases that led to what is live, as a stack: a deploy puts one on top, going back takes off what lies above. So
 * going back twice goes back two releases, and not to and fro.
 *
 * @returns the oldest first, the live one last; pure
 */
export function stackOf(releases: readonly ReleaseRecord[]): ReleaseRecord[] {
  const stack: ReleaseRecord[] = [];
  for (const record of releases) {
    const at = stack.findIndex(({ release }) => release === record.release);
    if (at >= 0) stack.length = at;
    stack.push(record);
  }
  return stack;
}

/**
 * The releases that are kept: the last ones that were live, whatever was gone back from included.
 *
 * @param count RETAIN_RELEASES
 * @returns their ids, the newest first; pure
 */
export function retained(releases: readonly ReleaseRecord[], count: number): string[] {
  return [...new Set([...releases].reverse().map(({ release }) => release))].slice(0, count);
}

/**
 * How many of the oldest records of releases nothing asks for any more. No release is on both sides: {@link stackOf} what is
 * left is then the upper end of the stack of all, and of each release its first record, since when it counts what was
 * migrated, is there if any is.
 *
 * @param count RETAIN_RELEASES
 * @returns the index of the first record that is needed; pure
 */
export function firstNeeded(releases: readonly ReleaseRecord[], count: number): number {
  const first = new Map<string, number>();
  for (const [index, { release }] of releases.entries()) if (!first.has(release)) first.set(release, index);
  let needed = Math.min(releases.length, ...retained(releases, count).map((release) => first.get(release) ?? 0));
  for (let index = releases.length - 1; index >= needed; index--) {
    needed = Math.min(needed, first.get(releases[index]?.release ?? '') ?? index);
  }
  return needed;
}

/**
 * Chooses what to go back to; pure.
 *
 * @param version a version; undefined: the release before the live one
 * @param liveToken the token of the operation that made the live release live
 * @returns the release; undefined when there is none
 */
export function chooseTarget(
  releases: readonly ReleaseRecord[],
  version: string | undefined,
  liveToken: number,
): ReleaseRecord | undefined {
  const live = releases.find(({ token }) => token === liveToken)?.release;
  if (version !== undefined) return releases.findLast((record) => record.version === version && record.release !== live);
  const stack = stackOf(releases);
  // A live release that was never recorded, since its deployer was killed before, stands above the stack.
  return live === undefined ? stack.at(-1) : stack.at(-2);
}
