import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { contentOf, type Part } from './slabs.js';
import { newStop } from './until-aborted.js';

/** The hashes of the streams that are sent. */
const hashes = new WeakMap<object, string>();

/**
 * Sends a part: once, with a stream and a signal of its own. When the answer is there, or an error, nothing of the request
 * goes on behind our back: a server that refuses a part early would otherwise be sent the rest of it.
 */
export async function sendOnce<T>(part: Part, signal: AbortSignal, send: (body: Readable, signal: AbortSignal) => Promise<T>): Promise<T> {
  const attempt = newStop(signal);
  // A slab at a time, when the connection has taken the one before: a part handed over whole would be copied whole.
  const body = Readable.from(contentOf(part), { highWaterMark: 1 });
  hashes.set(body, part.sha256);
  try {
    return await send(body, attempt.signal);
  } finally {
    attempt.because(undefined);
    attempt.done();
    body.destroy();
  }
}

/** Makes a client sign the hash of each part's content, which it cannot compute from a stream: the server then checks it. */
export function signHashes({ middlewareStack }: S3Client): void {
  middlewareStack.add(
    (next) => (args) => {
      const { body, headers } = args.request as { body?: unknown; headers: Record<string, string> };
      const hash = typeof body === 'object' && body !== null ? hashes.get(body) : undefined;
      if (hash) headers['x-amz-content-sha256'] = hash;
      return next(args);
    },
    { step: 'build', name: 'signHashes' },
  );
}
