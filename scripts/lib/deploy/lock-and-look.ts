import type { Config } from '../config/load.js';
import { Deck } from '../engine/deck/deck.js';
import type { Docker } from '../engine/docker.js';
import { journalFilesIn, type Records, recordsBeside } from './journal.js';
import { containersOf, observe, type State } from './state.js';

/** A lock that was taken, and what was seen while it was. */
export interface Locked<T> {
  deck: Deck;
  /** What is live: nobody else can change it any more. */
  before: State;
  /** What was made of it. */
  seen: Promise<T>;
}

/**
 * Takes the lock and, while its deck still starts, looks at what there is and plans by that: the lock is held from the moment that
 * the deck's container exists.
 *
 * @param look changes nothing, since the fencing token is not known yet; its error shows where `seen` is awaited
 * @returns undefined when there is no edge, and so nothing live: then no lock is taken, which would leave volumes behind
 * @throws LockedError (exit code 3) when another operation runs
 */
export async function lockAndLook<T>(
  docker: Docker,
  config: Config,
  command: string,
  look: (before: State, records: Records) => Promise<T>,
): Promise<Locked<T> | undefined> {
  const { names, settings } = config;
  const { base } = await containersOf(docker, names);
  if (!base.some(({ service }) => service === 'edge')) return undefined;
  let found: Omit<Locked<T>, 'deck'> | undefined;
  const deck = await Deck.open(docker, {
    names,
    image: settings.NODE_IMAGE,
    command,
    network: names.networks.app,
    leastToken: async () => {
      const [before, files] = await Promise.all([observe(docker, names), journalFilesIn(docker, names.deck)]);
      const seen = look(before, recordsBeside(files));
      // Whoever awaits it gets its error; until then it must not count as unhandled.
      seen.catch(() => {});
      found = { before, seen };
      return before.edgeToken;
    },
  });
  // It was asked for: the deck does not start without.
  return { deck, ...(found as Omit<Locked<T>, 'deck'>) };
}
