import { SlipwayError, UsageError } from '../../errors.js';
import type { Records } from '../journal.js';
import type { Context, Release } from '../release.js';
import { fileOf, type KeptRelease, parseKept } from './kept-release.js';
import { ofLive } from './of-live.js';
import { chooseTarget, type ReleaseRecord, releasesOf, retained } from './releases.js';

/** A release that can be gone back to. */
export interface Target {
  record: ReleaseRecord;
  /** When it went live for the first time. */
  first: ReleaseRecord;
  kept: KeptRelease;
}

/**
 * @param version undefined: the release before the live one
 * @throws UsageError when there is nothing to go back to, saying what there is
 */
export async function findTarget(
  { config, before }: Pick<Context, 'config' | 'before'>,
  version: string | undefined,
  { journal, kept }: Records,
): Promise<Target> {
  const releases = releasesOf(journal);
  const record = chooseTarget(releases, version, before.live?.token ?? 0);
  const text = record && (await kept(fileOf(record.release)));
  if (record && text !== undefined) {
    return { record, first: releases.find(({ release }) => release === record.release) ?? record, kept: parseKept(text) };
  }
  const names = retained(releases, config.settings.RETAIN_RELEASES);
  const texts = await Promise.all(names.map((release) => kept(fileOf(release))));
  const there = releases.filter(({ release }) => texts[names.indexOf(release)] !== undefined);
  const versions = [...new Set(there.map((one) => one.version))].filter((one) => one !== before.live?.version);
  const hints = [
    versions.length > 0 ? `there are: ${versions.join(', ')}` : 'only a release that was live before can be gone back to',
    ...(version === undefined ? [] : [`to build it anew: npx zx scripts/deploy.mjs ${version}`]),
  ];
  if (version !== undefined && version === before.live?.version) throw new UsageError(`${version} is live already`, { hints });
  const what = version ?? record?.version;
  throw new UsageError(what === undefined ? 'no release was live before this one' : `no release ${what} is kept to go back to`, { hints });
}

/**
 * How Compose is called for the live release. What its migrations are, and their way down, is known by the release that brought
 * them.
 *
 * @throws SlipwayError when it was not kept
 */
export async function projectOfLive(
  context: Pick<Context, 'config' | 'docker' | 'before'>,
  records: Records,
): Promise<Pick<Release, 'liveProject' | 'liveServices'>> {
  const live = await ofLive(context, records);
  if (live) return live;
  throw new SlipwayError('the live release was not kept, so nobody knows how its migrations are taken back', {
    hints: ['npx zx scripts/migrate.mjs down, and then --force'],
  });
}
