import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { messageOf } from '../../errors.js';
import { StoreError } from './errors.js';
import { joined } from './joined.js';
import type { Sizes } from './part-size.js';
import { sendOnce } from './s3-body.js';
import { codeOf } from './s3-errors.js';
import { brief, checksumOf, describeNew, isOurs, placeOf, removeOurs, type Upload } from './s3-object.js';
import type { Part, Slabs } from './slabs.js';

/** Bytes of parts that are sent or filled at a time; a part that is larger than that is alone. */
const BUDGET = 112 * 1024 ** 2;
/** One of them is being filled. */
const MOST_PARTS = 4;

/** An upload that the server knows of. */
interface OpenUpload extends Upload {
  uploadId: string;
  bytes: number;
  /** From here on the object may exist. */
  completing: boolean;
}

/**
 * Stores the parts of a stream as one object, which exists when all of them have arrived and the stream has ended well.
 * When anything fails, the upload is aborted, so that its parts cost nothing.
 */
export async function putMultipart(object: Upload, first: Part, rest: AsyncGenerator<Part>, sizes: Sizes, memory: Slabs): Promise<void> {
  const open: OpenUpload = { ...object, uploadId: await create(object), bytes: 0, completing: false };
  try {
    await complete(open, await sendParts(open, first, rest, sizes, memory));
  } catch (error) {
    throw joined(error, await abandon(open));
  }
}

async function create(object: Upload): Promise<string> {
  const { bucket, key, stop } = object;
  const input = { ...describeNew(object), ...(bucket.takes.checksums ? { ChecksumAlgorithm: 'CRC32' as const } : {}) };
  return bucket.ask(
    `storing ${key}`,
    async () => {
      const { UploadId } = await bucket.client.send(new CreateMultipartUploadCommand(input), { abortSignal: stop.signal });
      if (!UploadId) throw new StoreError(`${bucket.name}: the server begins an upload of ${key} without giving it an id`);
      return UploadId;
    },
    stop.signal,
  );
}

/** Sends parts while the next one is filled; the stream is read no faster than there is room. */
async function sendParts(open: OpenUpload, first: Part, rest: AsyncGenerator<Part>, sizes: Sizes, memory: Slabs): Promise<CompletedPart[]> {
  const { stop } = open;
  const completed: CompletedPart[] = [];
  const underWay = new Map<Promise<void>, number>();
  const begin = (part: Part) => {
    open.bytes += part.bytes;
    const sending = sendPart(open, part)
      .then((done) => {
        completed.push(done);
        memory.giveBack(part);
      }, stop.because)
      .finally(() => underWay.delete(sending));
    underWay.set(sending, part.bytes);
  };
  try {
    for (let part: Part | undefined = first; part; part = (await rest.next()).value) {
      begin(part);
      const next = sizes.of(Math.min(part.number + 1, sizes.maxParts));
      while (!hasRoom(underWay, next)) await Promise.race(underWay.keys());
    }
  } catch (error) {
    stop.because(error);
  }
  await Promise.all(underWay.keys());
  stop.signal.throwIfAborted();
  return completed.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
}

function hasRoom(underWay: ReadonlyMap<unknown, number>, next: number): boolean {
  const bytes = [...underWay.values()].reduce((sum, part) => sum + part, next);
  return underWay.size === 0 || (underWay.size < MOST_PARTS && bytes <= BUDGET);
}

async function sendPart(open: OpenUpload, part: Part): Promise<CompletedPart> {
  const { bucket, key, uploadId, stop } = open;
  const checksum = checksumOf(bucket, part);
  const input = { ...placeOf(open), UploadId: uploadId, PartNumber: part.number, ContentLength: part.bytes, ...checksum };
  return bucket.ask(
    `storing part ${part.number} of ${key}`,
    () =>
      sendOnce(part, stop.signal, async (Body, abortSignal) => {
        const { ETag } = await bucket.client.send(new UploadPartCommand({ ...input, Body }), { abortSignal });
        return { PartNumber: part.number, ETag, ...checksum };
      }),
    stop.signal,
  );
}

/** Asked a second time after a lost answer, the server may not know the upload any more: then the object itself tells. */
async function complete(open: OpenUpload, Parts: CompletedPart[]): Promise<void> {
  const { bucket, key, uploadId, stop, bytes } = open;
  const input = { ...placeOf(open), UploadId: uploadId, MultipartUpload: { Parts } };
  open.completing = true;
  await bucket.ask(
    `completing ${key}`,
    async () => {
      try {
        await bucket.client.send(new CompleteMultipartUploadCommand(input), { abortSignal: stop.signal });
      } catch (error) {
        if (codeOf(error) !== 'NoSuchUpload' || !(await isOurs(open, bytes, stop.signal))) throw error;
      }
    },
    stop.signal,
  );
}

/** @returns what could not be cleaned up */
async function abandon(open: OpenUpload): Promise<string[]> {
  const { bucket, key, uploadId, completing, bytes } = open;
  const input = { ...placeOf(open), UploadId: uploadId };
  try {
    await bucket.with(brief).ask(`aborting ${key}`, async () => {
      await bucket.client.send(new AbortMultipartUploadCommand(input)).catch((error: unknown) => {
        if (codeOf(error) !== 'NoSuchUpload') throw error;
      });
    });
  } catch (error) {
    return [`the open upload ${uploadId} stays until the next run: ${messageOf(error)}`];
  }
  return completing ? removeOurs(open, bytes) : [];
}
