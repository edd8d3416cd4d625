import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Memory is taken in pieces of this size, which are used again and again; a part is a list of them. */
const SLAB = 1024 ** 2;

/** Memory for the parts of one upload. */
export interface Slabs {
  take: () => Buffer;
  /** Makes the memory of parts that nobody reads any more free for the next ones. */
  giveBack: (part: Part) => void;
}

export function newSlabs(): Slabs {
  const free: Buffer[] = [];
  return {
    take: () => free.pop() ?? Buffer.allocUnsafeSlow(SLAB),
    giveBack: ({ slabs }) => void free.push(...slabs),
  };
}

/** A part of an object, in memory. */
export interface Part {
  /** From 1 on. */
  number: number;
  bytes: number;
  slabs: Buffer[];
  /** 64 hex digits; S3 compares it with what arrives, since it is part of the request's signature. */
  sha256: string;
  /** Base64, as S3 wants it; kept with the object. */
  crc32: string;
  /** It has as many bytes as it was to have. The last part of a stream mostly has fewer. */
  full: boolean;
}

/** @returns the content of a part, without copying it */
export function* contentOf({ slabs, bytes }: Part): Generator<Buffer> {
  for (const [index, slab] of slabs.entries()) yield slab.subarray(0, Math.min(SLAB, bytes - index * SLAB));
}

/**
 * Cuts a stream into parts. Each byte is copied once, and hashed when its slab is full.
 *
 * @param sizeOf the bytes that a part is to have, by its number
 * @returns at least one part: that of an empty stream is empty, no other is. A part's memory is the reader's until it is
 *   given back
 */
export async function* cut(body: AsyncIterable<Uint8Array>, sizeOf: (number: number) => number, slabs: Slabs): AsyncGenerator<Part> {
  let number = 1;
  let filling: Filling | undefined;
  for await (const piece of body) {
    for (let at = 0; at < piece.length; ) {
      filling ??= newFilling(number, sizeOf(number), slabs);
      at += filling.add(piece.subarray(at));
      if (!filling.isFull()) continue;
      yield filling.finish();
      number++;
      filling = undefined;
    }
  }
  if (filling || number === 1) yield (filling ?? newFilling(number, 0, slabs)).finish();
}

interface Filling {
  /** @returns how many bytes of it were taken */
  add: (piece: Uint8Array) => number;
  isFull: () => boolean;
  finish: () => Part;
}

function newFilling(number: number, size: number, memory: Slabs): Filling {
  const sha256 = createHash('sha256');
  const slabs: Buffer[] = [];
  let crc = 0;
  let bytes = 0;
  /** Of the last slab. */
  let filled = SLAB;
  const hashLast = () => {
    const content = slabs.at(-1)?.subarray(0, filled);
    if (!content) return;
    sha256.update(content);
    crc = crc32(content, crc);
  };
  return {
    add: (piece) => {
      if (filled === SLAB) {
        hashLast();
        slabs.push(memory.take());
        filled = 0;
      }
      const taken = Math.min(piece.length, SLAB - filled, size - bytes);
      slabs.at(-1)?.set(taken < piece.length ? piece.subarray(0, taken) : piece, filled);
      filled += taken;
      bytes += taken;
      return taken;
    },
    isFull: () => bytes === size,
    finish: () => {
      hashLast();
      return { number, bytes, slabs, sha256: sha256.digest('hex'), crc32: inBase64(crc), full: bytes === size && size > 0 };
    },
  };
}

function inBase64(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString('base64');
}
