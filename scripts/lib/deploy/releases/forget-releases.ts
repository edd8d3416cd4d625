import { messageOf } from '../../errors.js';
import type { JournalRecord } from '../journal.js';
import type { Operation } from '../operation.js';
import { forgetAssets } from './forget-assets.js';
import { fileOf } from './kept-release.js';
import { releasesOf, retained } from './releases.js';

/**
 * Forgets releases that are more than RETAIN_RELEASES ago, and those that were refused: their files beside the journal. It is
 * called when a release is live already, so a failure is told and fails nothing.
 *
 * @param journal with the release that has just gone live
 */
export async function forgetReleases(operation: Operation, journal: readonly JournalRecord[]): Promise<void> {
  const { deck, config, warn } = operation;
  const releases = releasesOf(journal);
  const kept = new Set(retained(releases, config.settings.RETAIN_RELEASES));
  const begun = journal.filter(({ kind }) => kind === 'began').map(({ release }) => release);
  const known = new Set([...begun, ...releases.map(({ release }) => release)].filter((release) => typeof release === 'string'));
  await forgetAssets(operation, [...kept]);
  try {
    await deck.forget([...known].filter((release) => !kept.has(release)).map(fileOf));
  } catch (error) {
    warn(`old releases could not be put away: ${messageOf(error)}`);
  }
}
