import { readCatalogue } from '../catalogue.js';
import type { Context } from '../run/context.js';
import { factsOf } from './facts.js';
import type { State } from './state.js';
import { changeState, readState, stateFile } from './state-file.js';

/** Keeps what the catalogue says at hand: reading it takes a request for each set, of each store. */
export interface CatalogueFacts {
  /**
   * Reads the catalogue anew, unless what is known is young enough; whoever comes while it is being read waits for the same
   * answer.
   *
   * @param age how old it may be (milliseconds). What was read before the last run of whatever process ended is too old
   * @returns the state with the facts
   */
  atMost: (age: number) => Promise<State>;
}

/** @param open gives stores, with the secrets of this moment */
export function catalogueFacts(scratch: string, open: () => Promise<Context>): CatalogueFacts {
  const file = stateFile(scratch);
  let reading: Promise<State> | undefined;
  const read = async (): Promise<State> => {
    const { stores, stack, signal, now } = await open();
    // Before the stores are asked: what ends while they answer is not in it.
    const moment = now();
    const catalogue = await readCatalogue(stores, stack, signal);
    const names = stores.map(({ name }) => name);
    return changeState(file, (state) => ({ ...state, facts: factsOf(catalogue, names, moment, state.facts) }));
  };
  return {
    atMost: async (age) => {
      const state = readState(file);
      if (isFresh(state, age, new Date())) return state;
      reading ??= read().finally(() => {
        reading = undefined;
      });
      return reading;
    },
  };
}

/** A store that was away is asked again soon (milliseconds). */
const AWAY_MS = 60_000;

/** @returns whether the facts are no older than `age`, and no run has ended since; pure */
export function isFresh({ facts, touched }: State, age: number, now: Date): boolean {
  if (facts === undefined) return false;
  const read = Date.parse(facts.read);
  if (touched !== undefined && Date.parse(touched) >= read) return false;
  const limit = facts.stores.some(({ problem }) => problem !== undefined) ? Math.min(age, AWAY_MS) : age;
  // A clock that was put back makes what was read before look new for ever.
  return now.getTime() - read < limit && read <= now.getTime();
}
