import { messageOf } from '../../errors.js';
import type { JournalRecord } from '../journal.js';
import type { Operation } from '../operation.js';
import { forgetAssets } from './forget-assets.js';
import { fileOf, keptName } from './kept-release.js';
import { releasesOf, retained } from './releases.js';

/**
 * Forgets releases that are more than RETAIN_RELEASES ago, and those that were refused: their files, and the names that kept
 * their images. Whatever a kept release runs on stays. It is called when a release is live already, so a failure is told
 * and fails nothing.
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
  const images = releases.filter(({ release }) => kept.has(release)).flatMap((record) => record.images);
  try {
    await deck.forget([...known].filter((release) => !kept.has(release)).map(fileOf));
    await removeNames(operation, new Set(images.map(({ id }) => keptName(config.names.base, id))));
  } catch (error) {
    warn(`old releases could not be put away: ${messageOf(error)}`);
  }
}

async function removeNames({ docker, config }: Operation, wanted: ReadonlySet<string>): Promise<void> {
  const reference = `${config.names.base}-kept`;
  const images = await docker.call('listing images', () => docker.api.listImages({ filters: { reference: [reference] } }));
  const old = images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((name) => name.startsWith(`${reference}:`) && !wanted.has(name));
  // Without force: the last name of an image that a container uses stays.
  for (const name of old) await docker.call(`removing the name ${name}`, () => docker.api.getImage(name).remove()).catch(ignoreInUse);
}

function ignoreInUse(error: unknown): void {
  const { status } = error as { status?: number };
  if (status !== 404 && status !== 409) throw error;
}
