import { messageOf } from '../../errors.js';
import type { JournalRecord } from '../journal.js';
import type { Operation } from '../operation.js';
import { observeImages } from './observe.js';
import { perform } from './perform.js';
import { joined, type PruneItem, type PruneSettings } from './plan.js';
import { planImages } from './plan-images.js';
import { isOld, planSegments, SEGMENTS_KEPT } from './plan-segments.js';
import type { SegmentText } from './prune-state.js';

/**
 * Removes what the release that has just gone live has pushed out: images that nothing needs any more, the names that kept
 * them, old parts of the journal. What else is left over is for `scripts/prune.mjs`. The release is live already, so a failure
 * is told and fails nothing.
 *
 * @param journal with the release that has just gone live
 */
export async function pruneAfterDeploy(operation: Operation, journal: readonly JournalRecord[]): Promise<void> {
  try {
    const items = await leftOver(operation, journal);
    // All have ended when this returns: the lock may be given back then.
    const removals = await Promise.allSettled(items.map((item) => perform(operation, item)));
    for (const removal of removals) if (removal.status === 'rejected') throw removal.reason;
  } catch (error) {
    operation.warn(`what is left over could not be removed: ${messageOf(error)}; npx zx scripts/prune.mjs tries again`);
  }
}

async function leftOver({ docker, config, deck, identity }: Operation, journal: readonly JournalRecord[]): Promise<PruneItem[]> {
  const { RETAIN_RELEASES: retain, PRUNE_AFTER: afterMs } = config.settings;
  const settings: PruneSettings = { retain, afterMs };
  const now = Date.now();
  const [observed, segments] = await Promise.all([observeImages(docker, config), segmentsOf(deck, settings, now)]);
  const state = { ...observed, stack: config.names.base, live: identity.colour, journal, segments, files: [], cache: undefined };
  return joined([planImages(state, settings, now), planSegments(state, settings, now)]).items;
}

/** Only those are read that may go: of what was shortened already, nothing but records is left whose kinds count for long. */
async function segmentsOf(deck: Operation['deck'], { afterMs }: PruneSettings, now: number): Promise<SegmentText[]> {
  const last = deck.segments.length - SEGMENTS_KEPT;
  return Promise.all(
    deck.segments.map(async ({ name, until, records, kept }, index) => {
      const isRead = index < last && records > kept && isOld({ until }, afterMs, now);
      return { name, until, text: isRead ? ((await deck.kept(name)) ?? '') : '' };
    }),
  );
}
