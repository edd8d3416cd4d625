import { UsageError } from '../errors.js';
import type { Catalogue } from './catalogue.js';
import { momentOf } from './keys.js';
import { kinds as allKinds, type CataloguedSet, type Kind } from './set.js';

/**
 * Finds the set that a person means.
 *
 * @param wanted a set's id, or `latest`: the newest one that has all of `kinds`
 * @param kinds what is to be restored from it; all of them unless told otherwise
 * @throws UsageError when there is no such set, when it is not whole anywhere, or does not have the kinds
 */
export function findSet(catalogue: Catalogue, wanted: string, kinds: readonly Kind[] = allKinds): CataloguedSet {
  const { sets, stack } = catalogue;
  if (wanted === 'latest') {
    const latest = sets.find((set) => lacks(set, kinds).length === 0);
    if (latest) return latest;
    throw new UsageError(`latest: there is no backup set of ${stack}${kinds.length === 0 ? '' : ` with ${kinds.join(', ')}`}`, {
      hints: hintsFor(catalogue, sets),
    });
  }
  const moment = momentOf(wanted);
  if (moment === undefined) {
    throw new UsageError(`${wanted}: should be latest or the id of a set, such as 20261122_020000`, { hints: hintsFor(catalogue, sets) });
  }
  const set = sets.find(({ manifest }) => manifest.set === wanted);
  if (set === undefined) throw unknown(catalogue, wanted, moment);
  const lacking = lacks(set, kinds);
  if (lacking.length === 0) return set;
  throw new UsageError(`${wanted}: this set has no ${lacking.join(', ')}, only ${set.manifest.kinds.join(', ')}`, {
    hints: hintsFor(
      catalogue,
      sets.filter((other) => lacks(other, kinds).length === 0),
    ),
  });
}

/**
 * @returns when the newest run began that ended in a whole set, for telling missed runs; a set from the future tells nothing
 */
export function lastSuccess({ sets }: Pick<Catalogue, 'sets'>, now: Date): Date | undefined {
  const began = sets.filter((set) => lacks(set, allKinds).length === 0).map(({ manifest }) => Date.parse(manifest.began));
  const past = began.filter((moment) => moment <= now.getTime());
  return past.length === 0 ? undefined : new Date(Math.max(...past));
}

function lacks({ manifest }: CataloguedSet, kinds: readonly Kind[]): Kind[] {
  return kinds.filter((kind) => !manifest.kinds.includes(kind));
}

function unknown(catalogue: Catalogue, wanted: string, moment: Date): UsageError {
  const broken = catalogue.incomplete.filter(({ set }) => set === wanted);
  const distance = ({ manifest }: CataloguedSet) => Math.abs((momentOf(manifest.set)?.getTime() ?? 0) - moment.getTime());
  const near = [...catalogue.sets].sort((a, b) => distance(a) - distance(b));
  const message =
    broken.length > 0 ? `${wanted}: this set is not whole in any store` : `${wanted}: there is no such set of ${catalogue.stack}`;
  return new UsageError(message, {
    details: broken.map(({ store, problem }) => `${store}: ${problem}`),
    hints: hintsFor(catalogue, near),
  });
}

const SUGGESTED = 3;

/** @param best the sets worth suggesting, the best first */
function hintsFor({ sets, unreachable }: Catalogue, best: readonly CataloguedSet[]): string[] {
  const ids = best.slice(0, SUGGESTED).map(({ manifest }) => manifest.set);
  const offer = ids.sort().reverse().join(', ');
  return [
    offer ? `there ${ids.length === 1 ? 'is' : 'are'}: ${offer}` : sets.length > 0 ? 'no set has that' : 'there is no whole set at all yet',
    ...unreachable.map(({ store, problem }) => `${store} could not be asked: ${problem}`),
  ];
}
