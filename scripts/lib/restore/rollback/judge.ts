import type { RestoreFacts } from '../../backup/sidecar/restore-results.js';
import { formatDuration } from '../../config/durations.js';
import type { Contract } from '../../deploy/releases/contracts.js';
import type { ReleaseRecord } from '../../deploy/releases/releases.js';
import { UsageError } from '../../errors.js';

/** A set, and the release that is to run on it. */
export interface Pair {
  facts: RestoreFacts;
  version: string;
  /** When the release went live for the first time. */
  first: ReleaseRecord;
  /** What it cannot live with. */
  contracts: readonly Contract[];
  /** Every time that a release went live. */
  releases: readonly ReleaseRecord[];
  now: Date;
}

/** What a person should know before they agree. */
export interface Judgement {
  notes: string[];
  /** The set is from before the release, whose own migrations it then lacks. */
  migrates: boolean;
}

/**
 * Judges by what is known beforehand whether a release can live with a set; pure. Whether the data really lack a migration they
 * are asked once they are there: the clocks of the deployer and of the cron container may differ.
 *
 * @throws UsageError when it certainly cannot: the set was made while a release was live that had brought such a migration
 */
export function judge({ facts, version, first, contracts, releases, now }: Pair): Judgement {
  const { set, databases, warnings, skipped } = facts;
  const began = set?.began ?? '';
  const made = releases.find((record) => record.version === set?.release);
  const has = contracts.filter(({ token }) => made !== undefined && token <= made.token);
  if (has.length > 0) {
    throw new UsageError(`${version} cannot live with the set ${set?.id} either: it was made while ${set?.release} was live`, {
      details: has.map(({ name }) => `${name}: is a contracting migration, and the set has it`),
      hints: ['choose one from before: npx zx scripts/backup.mjs list'],
    });
  }
  const later = contracts.filter(({ at }) => at <= began);
  const migrates = set?.release !== version && began < first.at;
  const kept = databases.flatMap(({ live, before }) => (live ? [before] : []));
  const ago = formatDuration(Math.max(0, now.getTime() - Date.parse(began)));
  return {
    migrates,
    notes: [
      `the set ${set?.id} was made ${ago} ago (${began}), while ${set?.release ?? 'nothing'} was live; ${proof(facts, now)}`,
      `what ${databases.map(({ name }) => name).join(', ')} got since then is no longer live afterwards; it is kept as ${kept.join(', ')}`,
      'Redis and the files of the app stay as they are',
      ...later.map(({ name }) => `by the clock ${name} was run before the set was made: should the set have it, everything is undone`),
      ...(migrates ? [`${version} went live after the set was made: its own migrations are run on the data of the set`] : []),
      ...warnings,
      ...skipped.map(({ name, reason }) => `${name} is left out: it ${reason}`),
    ],
  };
}

function proof({ set }: RestoreFacts, now: Date): string {
  const checked = 'it is restored and compared before anything is replaced';
  if (set?.verified === undefined) return `no drill has restored it yet: ${checked}`;
  return `a drill restored it ${formatDuration(Math.max(0, now.getTime() - Date.parse(set.verified)))} ago`;
}
