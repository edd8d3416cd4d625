import type { Secret } from '../../config/secret.js';
import { SlipwayError } from '../../errors.js';
import { type Child, ChildError, outputOf, start } from '../pipe/child.js';
import { feed, writable } from '../pipe/feed.js';
import { pack } from '../pipe/pack.js';
import type { Part } from './part.js';

/** Where a Redis server is. */
export interface RedisServer {
  host: string;
  port: number;
  password: Secret | undefined;
}

/** Redis refused or failed. */
export class RedisError extends SlipwayError {}

/** redis-cli ends the stream of a server that sends it without a file in between with a mark of so many hex digits. */
const MARK = 40;

/**
 * All of a Redis server as an RDB file, by the replication protocol: no file of the server is touched, and the server
 * forks as for any replica. What arrives is checked by redis-check-rdb while it passes.
 */
export function redisPart({ host, port, password }: RedisServer, environment: NodeJS.ProcessEnv, expected: number | undefined): Part {
  let keys = { total: 0, expires: 0 };
  async function* open(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const env = { PATH: environment.PATH, ...(password ? { REDISCLI_AUTH: password.reveal() } : {}) };
    const check = startCheck(environment, signal);
    const verdict = verdictOf(check);
    verdict.catch(() => {});
    const cli = start('redis-cli', ['-h', host, '-p', String(port), '--no-auth-warning', '--rdb', '-'], { env, signal });
    for await (const chunk of withoutMark(outputOf(cli))) {
      if (!check.stdin.write(chunk)) await writable(check.stdin);
      yield chunk;
    }
    check.stdin.end();
    keys = keysIn(await verdict);
  }
  return { kind: 'redis', source: host, expected, pack: (packing) => pack(open(packing.signal), packing), facts: async () => ({ keys }) };
}

/**
 * Takes away the mark that `redis-cli --rdb -` leaves at the end when the server sent without a file in between (with it,
 * Redis refuses the file as the base of an append-only file). An RDB ends with the byte 0xFF and its checksum, so its
 * last 40 bytes are never all hex digits.
 */
export async function* withoutMark(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array = Buffer.alloc(0);
  for await (const chunk of source) {
    const joined = Buffer.concat([held, chunk]);
    const out = joined.length - MARK;
    if (out > 0) yield joined.subarray(0, out);
    held = joined.subarray(Math.max(0, out));
  }
  if (held.length === MARK && /^[0-9a-f]+$/.test(Buffer.from(held).toString('latin1'))) return;
  yield held;
}

/** redis-check-rdb opens its input by name, and what Node gives a program as standard input is a socket, which has none. */
function startCheck(environment: NodeJS.ProcessEnv, signal?: AbortSignal): Child {
  return start('sh', ['-c', 'cat | redis-check-rdb /dev/stdin'], { env: { PATH: environment.PATH }, signal });
}

/** It says on its standard output what is wrong. */
async function verdictOf(check: Child): Promise<string> {
  let text = '';
  try {
    for await (const chunk of outputOf(check)) text += chunk.toString();
    return text;
  } catch (error) {
    if (!(error instanceof ChildError)) throw error;
    throw new RedisError('redis-check-rdb refuses it', { details: text.trim().split('\n').slice(-8), cause: error });
  }
}

/** @returns the counts in what redis-check-rdb printed: `3 keys read`, `1 expires` */
export function keysIn(report: string): { total: number; expires: number } {
  const number = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(report)?.[1] ?? Number.NaN);
  const keys = { total: number('keys read'), expires: number('expires') };
  if (Number.isNaN(keys.total)) throw new RedisError('redis-check-rdb does not tell how many keys it read', { details: [report.trim()] });
  return keys;
}

/** Checks an RDB file that comes as a stream. @returns its counts */
export async function checkRdb(
  source: AsyncIterable<Uint8Array>,
  environment: NodeJS.ProcessEnv,
): Promise<{ total: number; expires: number }> {
  const check = startCheck(environment);
  const verdict = verdictOf(check);
  verdict.catch(() => {});
  await feed(source, check);
  return keysIn(await verdict);
}
