import type { Catalogue } from '../catalogue.js';
import { lastSuccess } from '../find-set.js';
import { isWhole, type Manifest } from '../set.js';
import type { Facts, SetFacts } from './state.js';

/** @returns what metrics and a first look need of a set */
export function setFactsOf({ set, began, ended, kinds, objects }: Manifest): SetFacts {
  const sum = (which: 'plain' | 'stored') => objects.reduce((bytes, object) => bytes + object[which].bytes, 0);
  return { set, began, ended, stored: sum('stored'), plain: sum('plain'), kinds };
}

/**
 * Sums the catalogue up.
 *
 * @param stores the names of all stores
 * @param before what was known until now: where a store cannot be asked now, it is believed to have what it had
 */
export function factsOf(catalogue: Catalogue, stores: readonly string[], now: Date, before?: Facts): Facts {
  const found = known(catalogue, stores, now);
  return before === undefined || catalogue.unreachable.length === 0 ? found : better(before, found);
}

function known(catalogue: Catalogue, stores: readonly string[], now: Date): Facts {
  const whole = catalogue.sets.filter(({ manifest }) => isWhole(manifest));
  const began = lastSuccess(catalogue, now)?.getTime();
  const newest = whole.find(({ manifest }) => Date.parse(manifest.began) === began);
  const oldest = earliest(whole.map(({ manifest }) => manifest.began));
  const verified = latest(catalogue.sets.flatMap((set) => set.verified ?? []));
  return {
    read: now.toISOString(),
    sets: catalogue.sets.length,
    ...(newest ? { newest: setFactsOf(newest.manifest) } : {}),
    ...(oldest ? { oldest } : {}),
    ...(verified ? { verified } : {}),
    stores: stores.map((name) => {
      const problem = catalogue.unreachable.find(({ store }) => store === name)?.problem;
      return problem === undefined ? { name } : { name, problem };
    }),
  };
}

function better(before: Facts, found: Facts): Facts {
  const newest = newerOf(before.newest, found.newest);
  const oldest = earliest([before.oldest, found.oldest].filter((moment) => moment !== undefined));
  const verified = latest([before.verified, found.verified].filter((moment) => moment !== undefined));
  return {
    ...found,
    sets: Math.max(before.sets, found.sets),
    ...(newest ? { newest } : {}),
    ...(oldest ? { oldest } : {}),
    ...(verified ? { verified } : {}),
  };
}

/** @returns the one of two sets that began later; either may be missing */
export function newerOf(a: SetFacts | undefined, b: SetFacts | undefined): SetFacts | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Date.parse(a.began) > Date.parse(b.began) ? a : b;
}

/** @returns the last of some moments (ISO 8601); undefined when there is none */
export function latest(moments: readonly string[]): string | undefined {
  return [...moments].sort((a, b) => Date.parse(a) - Date.parse(b)).at(-1);
}

function earliest(moments: readonly string[]): string | undefined {
  return [...moments].sort((a, b) => Date.parse(a) - Date.parse(b))[0];
}
