import type { Records } from '../journal.js';
import type { Context, Release } from '../release.js';
import { fileOf, parseKept } from './kept-release.js';
import { ofKept } from './of-kept.js';
import { releasesOf } from './releases.js';

/** @returns what was kept of the live release, in its colour; undefined when nothing was */
export async function ofLive(
  context: Pick<Context, 'before' | 'config' | 'docker'>,
  { journal, kept }: Records,
): Promise<Pick<Release, 'liveProject' | 'liveServices'> | undefined> {
  const { live } = context.before;
  const record = releasesOf(journal).find(({ token }) => token === live?.token);
  const text = record && (await kept(fileOf(record.release)));
  if (!live || !text) return undefined;
  const { project, app } = await ofKept(context, parseKept(text), live.colour);
  return { liveProject: project, liveServices: app.services };
}
