import { type IncomingMessage, request } from 'node:http';
import { messageOf, SlipwayError } from '../../errors.js';
import { pack } from '../pipe/pack.js';
import type { Part } from './part.js';

/** The container `files` is away, or said no. */
export class FilesError extends SlipwayError {}

/**
 * Asks the container `files`.
 *
 * @param path a path that files-server.ts describes
 * @returns its answer, once the headers are there; its body throws when the connection breaks off
 */
export async function askFiles(socketPath: string, method: string, path: string, options: AskOptions = {}): Promise<IncomingMessage> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request({ socketPath, method, path: encodeURI(path), ...(options.signal ? { signal: options.signal } : {}) }, resolve);
    asked.once('error', reject);
    const sent = options.body ? send(options.body, asked) : Promise.resolve(void asked.end());
    sent.catch((error: unknown) => {
      asked.destroy();
      reject(error);
    });
  }).catch((error: unknown) => {
    if (error instanceof SlipwayError || options.signal?.aborted) throw error;
    throw new FilesError(`the container files does not answer: ${messageOf(error)}`, {
      hints: ['look at it with: npx zx scripts/status.mjs; start it with: npx zx scripts/base.mjs upgrade'],
      cause: error,
    });
  });
  if (response.statusCode === 200) return response;
  const said = JSON.parse(await textOf(response)) as { error: string; details?: string[] };
  throw new FilesError(`files: ${said.error}`, { details: said.details ?? [] });
}

export interface AskOptions {
  body?: AsyncIterable<Uint8Array>;
  signal?: AbortSignal | undefined;
}

async function send(body: AsyncIterable<Uint8Array>, asked: ReturnType<typeof request>): Promise<void> {
  for await (const chunk of body) {
    if (!asked.write(chunk)) {
      await new Promise<void>((resolve) => {
        asked.once('drain', resolve);
        asked.once('close', resolve);
      });
    }
  }
  asked.end();
}

/** @returns the short names of the volumes that are to be backed up */
export async function fileVolumes(socket: string): Promise<string[]> {
  return JSON.parse(await textOf(await askFiles(socket, 'GET', '/'))) as string[];
}

/** A volume as a tar archive, with owners, modes, links, times and extended attributes. */
export function filesPart(socket: string, volume: string): Part {
  async function* open(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const response = await askFiles(socket, 'GET', `/${volume}`, { signal });
    for await (const chunk of response) yield chunk as Buffer;
    // An answer in pieces that broke off throws above; this says the same for a server that closed politely.
    if (!response.complete) throw new FilesError(`files: the archive of ${volume} broke off`);
  }
  return { kind: 'files', source: volume, expected: undefined, pack: (packing) => pack(open(packing.signal), packing) };
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}
