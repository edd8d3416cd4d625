import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { StoreError } from './errors.js';
import type { Bucket } from './s3-client.js';
import { codeOf, kindOf, statusOf } from './s3-errors.js';
import { placeOf } from './s3-object.js';
import type { StoredEntry } from './store.js';

/** S3 takes no more keys in one request. */
const KEYS_AT_ONCE = 1_000;

/** Everything whose key begins with a prefix, a page at a time. */
export async function* listObjects(bucket: Bucket, prefix: string): AsyncGenerator<StoredEntry> {
  const place = { Bucket: bucket.bucket, Prefix: bucket.prefix + prefix };
  let next: string | undefined;
  do {
    const input = { ...place, ...(next ? { ContinuationToken: next } : {}) };
    const page = await bucket.ask(`listing ${prefix}*`, () => bucket.client.send(new ListObjectsV2Command(input)));
    for (const { Key, Size, LastModified } of page.Contents ?? []) {
      if (Key === undefined) continue;
      yield { key: Key.slice(bucket.prefix.length), bytes: Size ?? 0, modified: LastModified ?? new Date(0) };
    }
    next = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (next);
}

/** Removes objects, a thousand with one request where the server can do that. */
export async function removeObjects(bucket: Bucket, keys: readonly string[]): Promise<void> {
  for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
    const some = keys.slice(at, at + KEYS_AT_ONCE);
    if (some.length > 1 && bucket.takes.deletingMany && (await removeMany(bucket, some))) continue;
    for (const key of some) await removeOne(bucket, key);
  }
}

/** @returns false when the server does not know such requests, or wants a checksum in another form */
async function removeMany(bucket: Bucket, keys: readonly string[]): Promise<boolean> {
  const Objects = keys.map((key) => ({ Key: bucket.prefix + key }));
  const command = () => new DeleteObjectsCommand({ Bucket: bucket.bucket, Delete: { Objects, Quiet: true } });
  const answer = await bucket.ask(`removing ${keys.length} objects`, async () => {
    try {
      return await bucket.client.send(command());
    } catch (error) {
      const kind = kindOf(error);
      const unknown = (kind === undefined && (statusOf(error) ?? 0) >= 400) || kind === 'garbled';
      if (!unknown) throw error;
      return undefined;
    }
  });
  bucket.takes.deletingMany = answer !== undefined;
  const failed = (answer?.Errors ?? []).filter(({ Code }) => Code !== 'NoSuchKey');
  if (failed.length > 0) {
    throw new StoreError(`${bucket.name}: ${failed.length} of ${keys.length} objects could not be removed`, {
      details: failed.slice(0, 5).map(({ Key, Code, Message }) => `${Key}: ${Code}: ${Message}`),
    });
  }
  return answer !== undefined;
}

async function removeOne(bucket: Bucket, key: string): Promise<void> {
  await bucket.ask(`removing ${key}`, async () => {
    await bucket.client.send(new DeleteObjectCommand(placeOf({ bucket, key }))).catch((error: unknown) => {
      if (codeOf(error) !== 'NoSuchKey') throw error;
    });
  });
}

/** An upload that was begun and neither completed nor aborted. */
interface OpenUpload {
  Key: string;
  UploadId: string;
}

/** Uploads that killed runs left open: their parts cost money, and no listing of objects shows them. */
export async function* openUploads(bucket: Bucket, prefix: string): AsyncGenerator<OpenUpload> {
  const place = { Bucket: bucket.bucket, Prefix: bucket.prefix + prefix };
  let after: { KeyMarker: string; UploadIdMarker: string } | undefined;
  do {
    const input = { ...place, ...after };
    const page = await bucket.ask(`listing open uploads of ${prefix}*`, () => bucket.client.send(new ListMultipartUploadsCommand(input)));
    for (const { Key, UploadId } of page.Uploads ?? []) if (Key !== undefined && UploadId !== undefined) yield { Key, UploadId };
    const { IsTruncated, NextKeyMarker = '', NextUploadIdMarker = '' } = page;
    after = IsTruncated && NextKeyMarker ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker } : undefined;
  } while (after);
}

/** @returns how many open uploads were aborted */
export async function abortOpenUploads(bucket: Bucket, prefix: string): Promise<number> {
  let aborted = 0;
  for await (const upload of openUploads(bucket, prefix)) {
    await bucket.ask(`aborting an open upload of ${upload.Key}`, async () => {
      await bucket.client.send(new AbortMultipartUploadCommand({ Bucket: bucket.bucket, ...upload })).catch((error: unknown) => {
        if (codeOf(error) !== 'NoSuchUpload') throw error;
      });
    });
    aborted++;
  }
  return aborted;
}
