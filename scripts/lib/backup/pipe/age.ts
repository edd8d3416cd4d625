import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { Decrypter, Encrypter } from 'age-encryption';
import { messageOf, SlipwayError } from '../../errors.js';
import { fixed } from './fixed.js';

/** age works on chunks of 64 KiB; larger pieces spare it the joining. */
const PIECE = 256 * 1024;

/** @returns the stream, readable only by whoever has an identity of one of the recipients */
export async function* encrypted(source: AsyncIterable<Uint8Array>, recipients: readonly string[]): AsyncGenerator<Uint8Array> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const stream = await encrypter.encrypt(asWeb(fixed(source, PIECE)));
  yield* stream as unknown as AsyncIterable<Uint8Array>;
}

/**
 * @param identity an age identity (AGE-SECRET-KEY-…)
 * @returns what {@link encrypted} was given
 * @throws SlipwayError when the identity is not one of the recipients', or the content was changed
 */
export async function* decrypted(source: AsyncIterable<Uint8Array>, identity: string): AsyncGenerator<Uint8Array> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  let stream: AsyncIterable<Uint8Array>;
  try {
    stream = (await decrypter.decrypt(asWeb(source))) as unknown as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw new SlipwayError(`it cannot be decrypted: ${messageOf(error)}`, {
      hints: ['BACKUP_AGE_IDENTITY has to be the identity of one of the recipients that it was encrypted for'],
      cause: error,
    });
  }
  yield* stream;
}

function asWeb(source: AsyncIterable<Uint8Array>): globalThis.ReadableStream<Uint8Array> {
  return Readable.toWeb(Readable.from(source, { objectMode: false, highWaterMark: PIECE })) as ReadableStream as never;
}
