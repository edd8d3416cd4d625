import type { Readable } from 'node:stream';
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { StoreError } from './errors.js';
import { pause } from './retry.js';
import type { Bucket } from './s3-client.js';
import { codeOf } from './s3-errors.js';
import { placeOf } from './s3-object.js';
import { newStop, type Stop } from './until-aborted.js';

/** How far a broken download has got. */
interface Progress {
  offset: number;
  /** Bytes of the object, and which version of it is read: known with the first answer. */
  total: number | undefined;
  etag: string | undefined;
  /** Connections that broke since the last real progress, and where that was. */
  broken: number;
  mark: number;
}

/** Bytes that count as progress: a connection that breaks after each of them is worth another one. */
const REAL_PROGRESS = 1024 ** 2;

/**
 * Reads an object. Where a connection breaks, the next one goes on at that byte, provided that the object is still the same.
 *
 * The server's checksum is not asked for: of an object in parts, some servers send that of the parts as if it were that of
 * the whole. What is read is compared with the hash in the set's manifest.
 *
 * @param key relative to the store
 */
export async function* download(bucket: Bucket, key: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const stop = newStop(signal);
  const progress: Progress = { offset: 0, total: undefined, etag: undefined, broken: 0, mark: 0 };
  try {
    for (;;) {
      const body = await open(bucket, key, progress, stop);
      const problem = yield* piecesOf(body, progress, stop);
      if (progress.offset === progress.total || (progress.total === undefined && !problem)) return;
      await takeBreath(bucket, key, progress, stop, problem ?? 'the server sent no more');
    }
  } finally {
    stop.done();
  }
}

/** Asks for the object, or for what is left of it. */
async function open(bucket: Bucket, key: string, progress: Progress, { signal }: Stop): Promise<Readable> {
  const { offset, etag } = progress;
  const rest = offset > 0 ? { Range: `bytes=${offset}-`, ...(etag ? { IfMatch: etag } : {}) } : {};
  const input = { ...placeOf({ bucket, key }), ...rest };
  const answer = await bucket.ask(
    `reading ${key}`,
    async () => {
      try {
        return await bucket.client.send(new GetObjectCommand(input), { abortSignal: signal });
      } catch (error) {
        if (codeOf(error) !== 'PreconditionFailed') throw error;
        throw new StoreError(`${bucket.name}: ${key} was replaced while it was being read`, { hints: ['read it again'] });
      }
    },
    signal,
  );
  return accept(answer, bucket, key, progress);
}

function accept(
  { Body, ContentLength, ContentRange, ETag }: GetObjectCommandOutput,
  bucket: Bucket,
  key: string,
  progress: Progress,
): Readable {
  const { offset } = progress;
  const body = Body as unknown as Readable;
  if (offset === 0) {
    progress.total = ContentLength;
    progress.etag = ETag;
  } else if (!ContentRange?.startsWith(`bytes ${offset}-`)) {
    body.destroy();
    throw new StoreError(`${bucket.name}: reading ${key} broke off after ${offset} bytes, and the server cannot go on from there`);
  }
  return body;
}

/** @returns what broke the connection; undefined when it ended by itself */
async function* piecesOf(body: Readable, progress: Progress, { signal }: Stop): AsyncGenerator<Uint8Array, string | undefined> {
  const pieces = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  try {
    for (;;) {
      let next: IteratorResult<Uint8Array>;
      try {
        next = await pieces.next();
      } catch (error) {
        signal.throwIfAborted();
        return `${codeOf(error)}: ${(error as Error).message}`;
      }
      if (next.done) return undefined;
      progress.offset += next.value.length;
      yield next.value;
    }
  } finally {
    body.destroy();
  }
}

/** Waits before the next connection; gives up when none of the last ones brought anything. */
async function takeBreath({ name, patience }: Bucket, key: string, progress: Progress, { signal }: Stop, problem: string): Promise<void> {
  if (progress.offset - progress.mark >= REAL_PROGRESS) {
    progress.mark = progress.offset;
    progress.broken = 0;
  }
  progress.broken++;
  if (progress.broken >= patience.attempts) {
    throw new StoreError(`${name}: reading ${key} breaks off after ${progress.offset} of ${progress.total ?? 'unknown'} bytes`, {
      details: [`${progress.broken} connections, the last one: ${problem}`],
      hints: ['S3_ENDPOINT: look at what stands between here and there, such as a proxy'],
    });
  }
  await pause(progress.broken, patience, signal);
}
