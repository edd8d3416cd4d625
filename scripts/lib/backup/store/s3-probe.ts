import type { Sizes } from './part-size.js';
import { PROBE_BYTES, roundTrip, type Tried } from './round-trip.js';
import type { Bucket } from './s3-client.js';
import { download } from './s3-download.js';
import { S3Error } from './s3-errors.js';
import { listObjects, openUploads, removeObjects } from './s3-list.js';
import { brief } from './s3-object.js';
import { upload } from './s3-upload.js';

/** One part, whose size is that of the whole object: the last part of an upload may be as small as it likes. */
const IN_PARTS: Sizes = { of: () => PROBE_BYTES, maxParts: 2 };

/**
 * Tries a bucket out, and notes what it takes: storing with one request and in parts, reading, listing, removing.
 *
 * @param sizes the sizes that are used later
 * @returns warnings, a line each
 * @throws StoreError
 */
export async function probeBucket(patientBucket: Bucket, sizes: Sizes, prefix: string): Promise<string[]> {
  const bucket = patientBucket.with(brief);
  const warnings = await probeChecksums(bucket, sizes, prefix);
  for await (const _ of listObjects(bucket, prefix)) break;
  return [...warnings, ...(await probeOpenUploads(bucket, prefix))];
}

async function probeChecksums(bucket: Bucket, sizes: Sizes, prefix: string): Promise<string[]> {
  const bothWays = async () => {
    for (const chosen of [sizes, IN_PARTS]) await roundTrip(asTried(bucket, chosen), prefix);
  };
  bucket.takes.checksums = true;
  try {
    await bothWays();
    return [];
  } catch (error) {
    if (!mayBeForChecksums(error)) throw error;
    bucket.takes.checksums = false;
    await bothWays();
    return [
      `${bucket.name}: the server refuses checksums (${error.message.slice(bucket.name.length + 2)}); it is used without them: ` +
        'what is sent is still compared with its signed hash, but the server keeps nothing to compare it with later',
    ];
  }
}

function asTried(bucket: Bucket, sizes: Sizes): Tried {
  return {
    name: bucket.name,
    put: (key, body) => upload(bucket, sizes, key, body, undefined),
    get: (key) => download(bucket, key, undefined),
    remove: (keys) => removeObjects(bucket, keys),
  };
}

/** Servers refuse what they do not know in many ways; some change such headers on the way, which breaks the signature. */
function mayBeForChecksums(error: unknown): error is S3Error {
  return error instanceof S3Error && (error.kind === undefined || error.kind === 'signature' || error.kind === 'garbled');
}

async function probeOpenUploads(bucket: Bucket, prefix: string): Promise<string[]> {
  bucket.takes.listingUploads = true;
  try {
    for await (const _ of openUploads(bucket, prefix)) break;
    return [];
  } catch (error) {
    if (!(error instanceof S3Error) || error.kind !== undefined) throw error;
    bucket.takes.listingUploads = false;
    return [
      `${bucket.name}: the server does not list open uploads, so what killed runs leave cannot be removed: ` +
        'let a lifecycle rule of the bucket abort uploads that are older than a day (AWS calls it AbortIncompleteMultipartUpload)',
    ];
  }
}
