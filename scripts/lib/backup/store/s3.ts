import { checkKey, checkPrefix } from './key.js';
import { limits, partSize, type Sizes } from './part-size.js';
import { openBucket, type S3Internals, type S3Options } from './s3-client.js';
import { download } from './s3-download.js';
import { abortOpenUploads, listObjects, removeObjects } from './s3-list.js';
import { probeBucket } from './s3-probe.js';
import { upload } from './s3-upload.js';
import type { Store } from './store.js';

export type { S3Options } from './s3-client.js';

/**
 * Keeps sets in a bucket of S3, or of anything that speaks its protocol. Call {@link Store.probe} first: it finds out what
 * the server takes, and the store keeps to that.
 *
 * @param internals what only tests change
 */
export function s3Store(options: S3Options, internals: S3Internals = {}): Store {
  const { maxParts = limits.mostParts } = options;
  const bucket = openBucket(options, internals);
  const sizes: Sizes = { of: internals.partSize ?? ((number) => partSize(number, maxParts)), maxParts };
  return {
    name: bucket.name,
    put: async (key, body, signal) => {
      checkKey(key);
      await upload(bucket, sizes, key, body, signal);
    },
    get: async function* get(key, signal) {
      checkKey(key);
      yield* download(bucket, key, signal);
    },
    list: async function* list(prefix) {
      checkPrefix(prefix);
      yield* listObjects(bucket, prefix);
    },
    remove: async (keys) => {
      for (const key of keys) checkKey(key);
      await removeObjects(bucket, keys);
    },
    sweep: async (prefix) => {
      checkPrefix(prefix);
      return bucket.takes.listingUploads ? abortOpenUploads(bucket, prefix) : 0;
    },
    probe: async (prefix) => {
      checkPrefix(prefix);
      return probeBucket(bucket, sizes, prefix);
    },
  };
}
