import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contentOf as contentOfPart, cut, newSlabs, type Part } from '../../../../scripts/lib/backup/store/slabs.js';
import { bytes, streamOf } from './bytes.js';

interface Seen extends Omit<Part, 'slabs'> {
  content: Buffer;
}

/** Cuts a stream, gives each part's memory back after a look at it, and counts the slabs that were ever needed. */
async function seen(body: AsyncIterable<Uint8Array>, sizeOf: (number: number) => number): Promise<{ parts: Seen[]; slabs: number }> {
  const memory = newSlabs();
  const parts: Seen[] = [];
  const used = new Set<Buffer>();
  for await (const part of cut(body, sizeOf, memory)) {
    const { slabs, ...rest } = part;
    for (const slab of slabs) used.add(slab);
    parts.push({ ...rest, content: Buffer.concat([...contentOfPart(part)]) });
    memory.giveBack(part);
  }
  return { parts, slabs: used.size };
}

describe('cut', () => {
  test('an empty stream is one empty part', async () => {
    const { parts } = await seen(streamOf(Buffer.alloc(0)), () => 10);
    expect(parts).toMatchObject([{ number: 1, bytes: 0, full: false }]);
    expect(parts[0]?.sha256).toBe(createHash('sha256').digest('hex'));
    expect(parts[0]?.crc32).toBe('AAAAAA==');
  });

  test('a stream as long as its parts has no empty part at its end', async () => {
    const { parts } = await seen(streamOf(bytes(30), 7), () => 10);
    expect(parts.map(({ bytes: size, full }) => [size, full])).toEqual([
      [10, true],
      [10, true],
      [10, true],
    ]);
  });

  test('the size of a part is asked for only when there is something to put into it', async () => {
    const asked: number[] = [];
    await seen(streamOf(bytes(20)), (number) => {
      asked.push(number);
      return 10;
    });
    expect(asked).toEqual([1, 2]);
  });

  test('memory that was given back is used again', async () => {
    const mib = 1024 ** 2;
    const { parts, slabs } = await seen(streamOf(bytes(9 * mib + 5)), () => 2 * mib);
    expect(parts).toHaveLength(5);
    expect(slabs).toBe(2);
  });

  test('whatever the pieces and the parts: nothing is lost, and the hashes are those of the content', async () => {
    const slab = 1024 ** 2;
    const around = fc.oneof(fc.integer({ min: 1, max: 3 * slab }), fc.constantFrom(slab - 1, slab, slab + 1, 2 * slab));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(slab + 10), { maxLength: 8 }), fc.array(around, { minLength: 1 }), async (pieces, partSizes) => {
        const sizeOf = (number: number) => partSizes[(number - 1) % partSizes.length] ?? slab;
        // Parts of a few bytes would only be many of them.
        if (Math.min(...partSizes) < 1_000) return;
        const contents = pieces.map((size, index) => bytes(size, index + 1));
        const { parts } = await seen(streamOfPieces(contents), sizeOf);
        expect(Buffer.concat(parts.map(({ content }) => content)).equals(Buffer.concat(contents))).toBe(true);
        for (const [index, part] of parts.entries()) {
          expect(part.number).toBe(index + 1);
          expect(part.bytes).toBe(part.content.length);
          expect(part.full).toBe(part.bytes === sizeOf(part.number));
          expect(index === parts.length - 1 || part.full).toBe(true);
          expect(part.sha256).toBe(createHash('sha256').update(part.content).digest('hex'));
          expect(Buffer.from(part.crc32, 'base64').readUInt32BE()).toBe(crc32(part.content));
        }
      }),
      { numRuns: 60 },
    );
  });
});

async function* streamOfPieces(pieces: readonly Buffer[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}
