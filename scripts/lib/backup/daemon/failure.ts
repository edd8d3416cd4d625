import { messageOf, SlipwayError } from '../../errors.js';
import { FilesError } from '../kinds/files.js';
import { PostgresError } from '../kinds/postgres-client.js';
import { RedisError } from '../kinds/redis.js';
import { MarkError } from '../mark.js';
import { DamagedError } from '../pipe/unpack.js';
import { PruneError } from '../prune.js';
import { BusyError } from '../run/lock.js';
import { StoreError } from '../store/errors.js';
import type { FailureKind, Job } from './jobs.js';

/** Which class of error is about what; a cause says it more exactly than what was made of it. */
const byClass = [
  [BusyError, 'lock'],
  [StoreError, 'store'],
  [DamagedError, 'store'],
  [MarkError, 'store'],
  [PruneError, 'store'],
  [RedisError, 'redis'],
  [FilesError, 'files'],
  [PostgresError, 'postgres'],
] as const satisfies readonly (readonly [new (...args: never[]) => Error, FailureKind])[];

/** A run names the part that failed first: `postgres app: …`, `files uploads: …`. */
const byPart = /^(postgres|redis|files|config)\b/;

/**
 * @param job what failed
 * @returns what the failure is about
 */
export function kindOf(job: Job, error: unknown): FailureKind {
  const kind = kindOfChain(error);
  // A drill restores into servers of its own: that those fail says nothing about the live ones.
  if (job === 'drill' && kind !== 'lock' && kind !== 'store') return 'drill';
  if (job === 'vacuum' && kind === 'other' && error instanceof SlipwayError) return 'postgres';
  return kind;
}

function kindOfChain(error: unknown): FailureKind {
  const chain = chainOf(error);
  for (const [type, kind] of byClass) if (chain.some((one) => one instanceof type)) return kind;
  const [outermost] = chain;
  if (!(outermost instanceof SlipwayError)) return 'other';
  const [, part] = byPart.exec(outermost.message) ?? [];
  if (part !== undefined) return part as FailureKind;
  return outermost.message.includes('Postgres') ? 'postgres' : 'other';
}

/** An error, its cause, the cause of that, … */
function chainOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let one: unknown = error; one !== undefined && !chain.includes(one); one = one instanceof Error ? one.cause : undefined)
    chain.push(one);
  return chain;
}

/** @returns what a person is told about an error: one line, and more lines about it and what to do; nothing in it is a secret */
export function wordsOf(error: unknown, mask: (text: string) => string): { message: string; details: string[] } {
  const details = error instanceof SlipwayError ? [...error.details, ...error.hints] : [];
  return { message: mask(messageOf(error)), details: details.map(mask) };
}
