import { DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { messageOf } from '../../errors.js';
import type { Patience } from './retry.js';
import type { Bucket } from './s3-client.js';
import { kindOf, statusOf } from './s3-errors.js';
import type { Part } from './slabs.js';
import type { Stop } from './until-aborted.js';

/** An object on its way into a bucket. */
export interface Upload {
  bucket: Bucket;
  /** Relative to the store. */
  key: string;
  /** Stands in the object's metadata, so that it can be told from an older one under the same key. */
  mark: string;
  stop: Stop;
}

const MARK = 'slipway-upload';
/** Cleaning up does not wait for long for a provider that has just failed. */
export const brief: Patience = { attempts: 3, firstPause: 250, longestPause: 1_000 };

/** @returns where the object is, as every request says it */
export function placeOf({ bucket: { bucket, prefix }, key }: Pick<Upload, 'bucket' | 'key'>) {
  return { Bucket: bucket, Key: prefix + key };
}

/** @returns what a new object is given along, whichever way it is stored */
export function describeNew(object: Upload) {
  return { ...placeOf(object), ...object.bucket.storing, Metadata: { [MARK]: object.mark } };
}

/** @returns the checksum that the server is to compare and to keep, when it takes one */
export function checksumOf({ takes }: Bucket, { crc32 }: Pick<Part, 'crc32'>) {
  return takes.checksums ? { ChecksumCRC32: crc32 } : {};
}

/** @returns whether the server may have done what it was asked: an answer that did not come says nothing about it */
export function mayHaveWorked(error: unknown): boolean {
  const status = statusOf(error);
  const kind = kindOf(error);
  return status === undefined ? kind !== 'refused' && kind !== 'hostName' : status >= 500;
}

/** @returns whether what is stored under the key is this upload, and all of it */
export async function isOurs(object: Upload, bytes: number, abortSignal?: AbortSignal): Promise<boolean> {
  try {
    const head = new HeadObjectCommand(placeOf(object));
    const { ContentLength, Metadata } = await object.bucket.client.send(head, abortSignal ? { abortSignal } : {});
    return ContentLength === bytes && Metadata?.[MARK] === object.mark;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

/**
 * Removes what a failed upload may have stored in spite of its failure, and nothing else.
 *
 * @returns what could not be cleaned up
 */
export async function removeOurs(object: Upload, bytes: number): Promise<string[]> {
  const { bucket, key } = object;
  try {
    await bucket.with(brief).ask(`removing ${key}`, async () => {
      if (await isOurs(object, bytes)) await bucket.client.send(new DeleteObjectCommand(placeOf(object)));
    });
    return [];
  } catch (error) {
    return [`${key} may be stored all the same: ${messageOf(error)}`];
  }
}
