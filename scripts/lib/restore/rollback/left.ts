import type { Config } from '../../config/load.js';
import { type JournalRecord, readJournal } from '../../deploy/journal.js';
import { cutOffWithData } from '../../deploy/recovery/cut-off.js';
import type { Recovered } from '../../deploy/recovery/recover.js';
import type { Context } from '../../deploy/release.js';
import { observe } from '../../deploy/state.js';
import { Compose } from '../../engine/compose.js';
import { Deck } from '../../engine/deck/deck.js';
import type { Docker } from '../../engine/docker.js';
import { type Left, type SettleOptions, settle } from './settle.js';

/**
 * Puts in order a rollback with data that was cut off, if there is one; takes the lock only then.
 *
 * @returns what it was, and how it was put in order; undefined when nothing of the kind was cut off
 * @throws LockedError (exit code 3) when another operation runs; otherwise like {@link settle}
 */
export async function settleLeft(
  config: Config,
  docker: Docker,
  options: SettleOptions,
): Promise<{ left: Left; recovered: Recovered } | undefined> {
  if (!cutOffWithData(await readJournal(docker, config))) return undefined;
  const { reporter, how } = options;
  const before = await observe(docker, config.names);
  const deck = await Deck.open(docker, {
    names: config.names,
    image: config.settings.NODE_IMAGE,
    command: `deploy --${how}`,
    network: config.names.networks.app,
    leastToken: before.edgeToken,
  });
  try {
    const left = cutOffWithData(deck.journal as JournalRecord[]);
    if (!left) return undefined;
    const compose = new Compose(docker.endpoint, { detached: true });
    const context: Context = { version: left.version, before, config, docker, compose, reporter };
    return { left, recovered: await settle(context, deck, left, options) };
  } finally {
    await deck.close();
  }
}
