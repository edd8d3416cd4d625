import { randomUUID } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { StoreError } from './errors.js';
import { joined } from './joined.js';
import { putMultipart } from './multipart.js';
import type { Sizes } from './part-size.js';
import { sendOnce } from './s3-body.js';
import type { Bucket } from './s3-client.js';
import { checksumOf, describeNew, mayHaveWorked, removeOurs, type Upload } from './s3-object.js';
import { cut, newSlabs, type Part } from './slabs.js';
import { newStop, untilAborted } from './until-aborted.js';

/**
 * Stores a stream of unknown length: with one request when it is smaller than the first part, else in parts.
 *
 * @param key relative to the store
 */
export async function upload(
  bucket: Bucket,
  sizes: Sizes,
  key: string,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const stop = newStop(signal);
  const memory = newSlabs();
  const parts = cut(untilAborted(body, stop.signal), (number) => sizeWithin(sizes, number, bucket, key), memory);
  const object: Upload = { bucket, key, mark: randomUUID(), stop };
  try {
    const first: Part = (await parts.next()).value;
    await (first.full ? putMultipart(object, first, parts, sizes, memory) : putWhole(object, first));
  } finally {
    stop.done();
    await parts.return(undefined);
  }
}

function sizeWithin({ of, maxParts }: Sizes, number: number, { name }: Bucket, key: string): number {
  if (number <= maxParts) return of(number);
  throw new StoreError(`${name}: ${key} is larger than the ${maxParts} parts that an object may have`, {
    hints: ['S3_MAX_PARTS: raise it when the provider takes more parts', 'leave large files or tables out of the backup'],
  });
}

async function putWhole(object: Upload, part: Part): Promise<void> {
  const { bucket, key, stop } = object;
  const input = { ...describeNew(object), ContentLength: part.bytes, ...checksumOf(bucket, part) };
  let unsure = false;
  const request = () =>
    sendOnce(part, stop.signal, async (Body, abortSignal) => {
      await bucket.client.send(new PutObjectCommand({ ...input, Body }), { abortSignal });
    });
  try {
    await bucket.ask(
      `storing ${key}`,
      () =>
        request().catch((error: unknown) => {
          unsure ||= mayHaveWorked(error);
          throw error;
        }),
      stop.signal,
    );
  } catch (error) {
    throw joined(error, unsure ? await removeOurs(object, part.bytes) : []);
  }
}
