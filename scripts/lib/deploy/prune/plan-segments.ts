import { type JournalRecord, parseJournal } from '../journal.js';
import { firstNeeded, releasesOf } from '../releases/releases.js';
import { ageInWords } from './age.js';
import type { PruneItem, PrunePlan, PruneSettings } from './plan.js';
import type { PruneState, SegmentText } from './prune-state.js';

/** So many closed parts of the journal stay whole, however old they are: some 500 deploys. */
export const SEGMENTS_KEPT = 4;

/**
 * Plans which closed parts of the journal go: those that are old, beyond a count; pure. The records in them that something may
 * still ask for stay in the file, which is removed when there are none.
 */
export function planSegments({ segments, journal }: PruneState, { afterMs, retain }: PruneSettings, now: number): PrunePlan {
  const old = segments.slice(0, -SEGMENTS_KEPT).filter((segment) => isOld(segment, afterMs, now));
  const isNeeded = neededIn(journal, retain);
  const items = old.flatMap((segment) => shortened(segment, isNeeded, now));
  const whole = segments.length - items.length;
  const why = `the newest ${SEGMENTS_KEPT}, or younger than ${ageInWords(afterMs)}, or all of it is needed`;
  return { items, kept: whole === 0 ? [] : [{ what: `${whole} closed parts of the journal`, why }] };
}

/** @returns whether a part's last record is older than the age */
export function isOld({ until }: Pick<SegmentText, 'until'>, afterMs: number, now: number): boolean {
  // One that cannot be read is not known to be old.
  return now - Date.parse(until ?? '') >= afterMs;
}

function shortened({ name, until, text }: SegmentText, isNeeded: (record: JournalRecord) => boolean, now: number): PruneItem[] {
  const records = parseJournal(text);
  const staying = records.filter(isNeeded);
  const rest = staying.map((record) => `${JSON.stringify(record)}\n`).join('');
  if (staying.length === records.length) return [];
  const left = staying.length === 0 ? '' : `; ${staying.length} of its ${records.length} records are needed and stay`;
  const reason = `its last record is ${ageInWords(now - Date.parse(until ?? ''))} old${left}`;
  return [{ kind: 'journal', name, rest, reason, bytes: Buffer.byteLength(text) - Buffer.byteLength(rest) }];
}

/**
 * What may still be asked for: what is done once in a stack's life; what was migrated, to the beginning, since data that are
 * brought back may bring it back; releases that going back can meet; and the last deploy or rollback with all that came
 * after it, which recovery looks at.
 *
 * @param journal all of its records, oldest first
 */
export function neededIn(journal: readonly JournalRecord[], retain: number): (record: JournalRecord) => boolean {
  const releases = releasesOf(journal);
  const places = new Set(releases.slice(firstNeeded(releases, retain)).map(placeOf));
  const last = journal.findLast(({ kind, command }) => kind === 'began' && (command === 'deploy' || command === 'rollback'));
  const from = last?.token ?? 0;
  return (record) =>
    record.kind === 'once' ||
    record.kind === 'migrated' ||
    (record.kind === 'release' && places.has(placeOf(record))) ||
    record.token >= from;
}

function placeOf({ token, at, release }: { token: number; at: string; release?: unknown }): string {
  return `${token} ${at} ${String(release)}`;
}
