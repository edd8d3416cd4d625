import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { merged } from '../../../scripts/lib/logs/merge.js';
import { ReorderWindow } from '../../../scripts/lib/logs/reorder.js';

/** An item, by whom it was said, and as the how manieth. */
interface Item {
  at: string;
  by: number;
  nth: number;
}

const timeOf = (number: number) => `2026-11-25T15:31:${String(number).padStart(2, '0')}.000000000Z`;
const itemsOf = (times: readonly number[], by: number): Item[] => times.map((time, nth) => ({ at: timeOf(time), by, nth }));

/** A source in batches of these sizes, over and over. */
async function* inBatches(items: readonly Item[], sizes: readonly number[]): AsyncGenerator<Item[]> {
  for (let at = 0, turn = 0; at < items.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield items.slice(at, at + size);
    at += size;
  }
}

async function all(batches: AsyncIterable<Item[]>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const batch of batches) items.push(...batch);
  return items;
}

const times = fc.array(fc.nat(59), { maxLength: 60 });
// A batch may be empty: nothing of a chunk was wanted.
const sizes = fc.array(fc.nat(7), { minLength: 1, maxLength: 4 }).filter((some) => some.some((size) => size > 0));

describe('a merge', () => {
  test('of sorted sources is what sorting all of them would be, at equal times the earlier source first', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(times, sizes), { maxLength: 6 }), async (sources) => {
        const said = sources.map(([some], by) =>
          itemsOf(
            some.sort((a, b) => a - b),
            by,
          ),
        );
        const result = await all(merged(said.map((items, by) => inBatches(items, sources[by]?.[1] ?? [1]))));
        // Sorting is stable.
        expect(result).toEqual(said.flat().sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)));
      }),
    );
  });

  test('loses nothing and keeps the order of each source, in whatever order a source is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(times, sizes), { maxLength: 6 }), async (sources) => {
        const result = await all(merged(sources.map(([some, cuts], by) => inBatches(itemsOf(some, by), cuts))));
        for (const [by, [some]] of sources.entries()) expect(result.filter((item) => item.by === by)).toEqual(itemsOf(some, by));
        expect(result).toHaveLength(sources.reduce((sum, [some]) => sum + some.length, 0));
      }),
    );
  });

  test('of millions of lines never holds more than a batch of each source, and what it hands on', async () => {
    const [count, size, most] = [300_000, 100, 1_000];
    let [made, taken, peak] = [0, 0, 0];
    async function* source(by: number): AsyncGenerator<Item[]> {
      for (let at = 0; at < count; at += size) {
        made += size;
        yield Array.from({ length: size }, (_, nth) => ({ at: `2026-11-25T15:31:09.${String(at + nth).padStart(9, '0')}Z`, by, nth }));
      }
    }
    let last = '';
    for await (const batch of merged([0, 1, 2, 3].map(source))) {
      taken += batch.length;
      peak = Math.max(peak, made - taken);
      for (const { at } of batch) {
        if (at < last) throw new Error(`${at} came after ${last}`);
        last = at;
      }
    }
    expect(taken).toBe(4 * count);
    expect(peak).toBeLessThanOrEqual(4 * size + most);
  });

  test('that is left early lets its sources go', async () => {
    const left: number[] = [];
    async function* endless(by: number): AsyncGenerator<Item[]> {
      try {
        for (;;) yield itemsOf([1], by);
      } finally {
        left.push(by);
      }
    }
    for await (const batch of merged([endless(0), endless(1)])) if (batch.length > 0) break;
    expect(left).toEqual([0, 1]);
  });

  test('ends with the error of a source that fails', async () => {
    async function* failing(): AsyncGenerator<Item[]> {
      yield itemsOf([1], 1);
      throw new Error('broke off');
    }
    await expect(all(merged([inBatches(itemsOf([1, 2], 0), [1]), failing()]))).rejects.toThrow('broke off');
  });
});

describe('the window of lines that are followed', () => {
  test('puts in order what comes less late than it holds, in whatever order that is', () => {
    const late = fc.array(fc.record({ said: fc.nat(59), delay: fc.nat(9) }), { maxLength: 60 });
    fc.assert(
      fc.property(late, (some) => {
        const window = new ReorderWindow<Item>(10);
        const out: Item[] = [];
        const coming = some.map(({ said, delay }, nth) => ({ came: said + delay, item: { at: timeOf(said), by: 0, nth } }));
        for (let now = 0; now < 80; now++) {
          window.add(
            coming.filter(({ came }) => came === now).map(({ item }) => item),
            now,
          );
          out.push(...window.due(now));
        }
        expect(out.map(({ at }) => at)).toEqual(out.map(({ at }) => at).sort());
        expect(out).toHaveLength(some.length);
        expect(window.size).toBe(0);
      }),
    );
  });

  test('holds a line no longer than that, and lets what comes even later out when it comes', () => {
    const window = new ReorderWindow<Item>(10);
    window.add(itemsOf([30], 0), 0);
    expect(window.due(9)).toEqual([]);
    expect(window.due(10)).toEqual(itemsOf([30], 0));
    window.add(itemsOf([5], 1), 11);
    expect(window.due(21)).toEqual(itemsOf([5], 1));
  });

  test('gives all that is left at once', () => {
    const window = new ReorderWindow<Item>(10);
    window.add(itemsOf([2, 1], 0), 0);
    expect(window.rest().map(({ at }) => at)).toEqual([timeOf(1), timeOf(2)]);
    expect(window.size).toBe(0);
  });
});
