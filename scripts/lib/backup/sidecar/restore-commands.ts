import { createWriteStream, existsSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { exitCodes, messageOf, SlipwayError, UsageError } from '../../errors.js';
import { UPLOAD } from '../restore/load-steps.js';
import { type Caller, restoreSession } from '../restore/session.js';
import { RestoreError } from '../restore/work.js';
import type { Context } from '../run/context.js';
import type { Call } from './commands.js';
import type { SidecarError } from './protocol.js';
import type { Asked, Reply, SessionEnd } from './restore-results.js';

/** `restore`: does what is asked on standard input, a line of JSON each, until that ends. */
export async function restore(context: Context, { say }: Call): Promise<SessionEnd> {
  return restoreSession(context, callerOn(process.stdin, say));
}

/** `receive <folder> <bytes>`: writes standard input into the work folder of the restore that is under way. */
export async function receive({ paths }: Context, words: readonly string[]): Promise<{ bytes: number }> {
  const [folder = '', expected = ''] = words;
  const path = join(paths.scratch, basename(folder));
  if (!existsSync(path)) throw new UsageError(`there is no work folder ${folder}`);
  const file = join(path, UPLOAD);
  let bytes = 0;
  await pipeline(
    process.stdin,
    async function* (source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        bytes += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(file, { mode: 0o600 }),
  );
  if (bytes === Number(expected)) return { bytes };
  rmSync(file);
  throw new RestoreError(`the dump broke off: ${bytes} of ${expected} bytes came`);
}

/** Reads questions from a stream, and answers them by lines. */
export function callerOn(input: NodeJS.ReadableStream, say: (line: Reply) => void): Caller {
  const waiting: Asked[] = [];
  let wake = () => {};
  let over = false;
  let stop = new AbortController();
  createInterface({ input })
    .on('line', (line) => {
      const asked = JSON.parse(line) as Asked;
      if (asked.do === 'stop') stop.abort(new SlipwayError('interrupted', { exitCode: exitCodes.interrupted }));
      else waiting.push(asked);
      wake();
    })
    .on('close', () => {
      over = true;
      wake();
    });
  return {
    stopped: () => {
      stop = new AbortController();
      return stop.signal;
    },
    next: async (signal) => {
      while (waiting.length === 0 && !over) {
        signal.throwIfAborted();
        await new Promise<void>((resolve) => {
          wake = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
      return waiting.shift();
    },
    answer: async ({ id }, action) => {
      try {
        say({ event: 'reply', id, ok: true, result: (await action()) ?? null });
      } catch (error) {
        say({ event: 'reply', id, ok: false, error: asData(error) });
      }
    },
  };
}

function asData(error: unknown): SidecarError {
  if (!(error instanceof SlipwayError)) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    return { message: messageOf(error), details: [], hints: [], exitCode: exitCodes.failed };
  }
  const { message, details, hints, exitCode } = error;
  return { message, details: [...details], hints: [...hints], exitCode };
}
