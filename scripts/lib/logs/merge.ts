/** One of the sources of a merge, and how far it was taken. */
interface Head<T> {
  batch: readonly T[];
  next: number;
  more: AsyncIterator<readonly T[]>;
}

/** How many are handed on at once at most: what was taken and not yet handed on is all that a merge holds beside one batch a source. */
const MOST = 1_000;

/**
 * Merges sources by time, however long they are: of each it holds the batch that it is at, and asks for the next one when that
 * is used up. What a source has in another order than time's stays in the source's order; at equal times the earlier source is
 * first.
 *
 * @param sources each gives its items in batches, oldest first
 */
export async function* merged<T extends { at: string }>(sources: readonly AsyncIterable<readonly T[]>[]): AsyncGenerator<T[]> {
  let heads: Head<T>[] = sources.map((source) => ({ batch: [], next: 0, more: source[Symbol.asyncIterator]() }));
  const all = heads;
  try {
    for (;;) {
      heads = await withItems(heads);
      if (heads.length === 0) return;
      yield take(heads);
    }
  } finally {
    await Promise.all(all.map(({ more }) => more.return?.()));
  }
}

/** @returns the sources that have an item at hand, after those that had used theirs up were asked for more */
async function withItems<T>(heads: readonly Head<T>[]): Promise<Head<T>[]> {
  const there = await Promise.all(heads.map(fill));
  return heads.filter((_, index) => there[index]);
}

async function fill<T>(head: Head<T>): Promise<boolean> {
  while (head.next === head.batch.length) {
    const { done, value } = await head.more.next();
    if (done) return false;
    head.batch = value;
    head.next = 0;
  }
  return true;
}

/** @returns the next items in their order, up to where it is not known any more which one is next */
function take<T extends { at: string }>(heads: readonly Head<T>[]): T[] {
  const taken: T[] = [];
  while (taken.length < MOST) {
    const times = heads.map(timeOf);
    const index = earliest(times);
    const first = heads[index] as Head<T>;
    const before = earliestOf(times, 0, index);
    const after = earliestOf(times, index + 1, times.length);
    // What one source says in a row is taken in a row: the others need not be looked at for each item.
    do {
      taken.push(first.batch[first.next++] as T);
    } while (taken.length < MOST && first.next < first.batch.length && timeOf(first) < before && timeOf(first) <= after);
    if (first.next === first.batch.length) break;
  }
  return taken;
}

function timeOf<T extends { at: string }>({ batch, next }: Head<T>): string {
  return (batch[next] as T).at;
}

/** @returns the index of the earliest time, the first one of equal ones */
function earliest(times: readonly string[]): number {
  return times.indexOf(earliestOf(times, 0, times.length));
}

/** Comes after every time. */
const NEVER = '~';

/** @returns the earliest of some of the times */
function earliestOf(times: readonly string[], from: number, to: number): string {
  let least = NEVER;
  for (let index = from; index < to; index++) {
    const time = times[index] ?? NEVER;
    if (time < least) least = time;
  }
  return least;
}
