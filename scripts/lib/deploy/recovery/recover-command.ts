import type { Config } from '../../config/load.js';
import { Compose } from '../../engine/compose.js';
import { Deck } from '../../engine/deck/deck.js';
import type { Docker } from '../../engine/docker.js';
import type { JournalRecord } from '../journal.js';
import type { Context } from '../release.js';
import { releasesOf } from '../releases/releases.js';
import type { Reporter } from '../reporter.js';
import { type RollbackResult, rollback } from '../rollback.js';
import { assertEngine, observe } from '../state.js';
import type { OnInterrupt } from '../watch.js';
import { type CutOff, cutOffIn } from './cut-off.js';
import type { Recovered } from './recover.js';
import { recoverAndTell } from './recover-and-tell.js';

export interface RecoverOptions {
  /** `resume`: what had cut is finished. `abort`: it is gone back from. What had not cut is undone in both cases. */
  how: 'resume' | 'abort';
  config: Config;
  docker: Docker;
  reporter: Reporter;
  onInterrupt: OnInterrupt;
}

export type RecoverResult = { outcome: 'nothing-was-cut-off' } | ({ outcome: 'recovered' } & Recovered) | RollbackResult;

/**
 * Puts a cut off deploy or rollback in order without deploying anything else.
 *
 * @throws SlipwayError when the rest of it fails, or there is no release to go back to
 */
export async function recoverNow(options: RecoverOptions): Promise<RecoverResult> {
  const { how, config, docker, reporter, onInterrupt } = options;
  await assertEngine(docker);
  const before = await observe(docker, config.names);
  const context: Context = { version: how, before, config, docker, compose: new Compose(docker.endpoint, { detached: true }), reporter };
  const deck = await Deck.open(docker, {
    names: config.names,
    image: config.settings.NODE_IMAGE,
    command: `deploy --${how}`,
    leastToken: before.edgeToken,
  });
  let version: string | undefined;
  try {
    const journal = deck.journal as JournalRecord[];
    const cutOff = cutOffIn(journal);
    const isLive = cutOff !== undefined && before.live?.token === cutOff.token;
    if (how === 'resume' || !isLive) {
      const recovered = await recoverAndTell(context, deck, { reporter, onInterrupt });
      return recovered ? { outcome: 'recovered', ...recovered } : { outcome: 'nothing-was-cut-off' };
    }
    version = liveBefore(journal, cutOff);
    await giveUp(deck, cutOff);
  } finally {
    await Promise.all([deck.close(), reporter.end()]);
  }
  return rollback({ version, config, docker, dryRun: false, force: false, migrateDown: false, reporter, onInterrupt });
}

/** A rollback that had written its record has left the line of releases shorter: the one before it there is not what was live. */
function liveBefore(journal: readonly JournalRecord[], { token }: CutOff): string | undefined {
  return releasesOf(journal).findLast((record) => record.token < token)?.version;
}

/** From here on its release counts as live, so that it can be gone back from. */
async function giveUp(deck: Deck, { token, step }: CutOff): Promise<void> {
  const reason = `cut off at "${step ?? 'its beginning'}", gone back from`;
  await deck.append({ at: new Date().toISOString(), kind: 'ended', token, outcome: 'failed', reason });
}
