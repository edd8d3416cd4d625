import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { formatBytes, formatDuration } from '../../config/durations.js';
import { SlipwayError } from '../../errors.js';
import type { Context } from '../run/context.js';
import type { Tell } from '../run/event.js';
import { BusyError } from '../run/lock.js';
import type { Reason } from './decide.js';
import { wordsOf } from './failure.js';
import type { ScheduledJob } from './jobs.js';
import { type Log, tellLog } from './log.js';
import { attempted, failed } from './outcome.js';
import { failureOf } from './recorded.js';
import type { State } from './state.js';
import { changeState, stateFile } from './state-file.js';
import * as work from './work.js';

/** What the daemon does next. */
export interface Request {
  due: Date;
  reason: Reason;
  /** It begins at a random moment within this time (milliseconds). */
  jitter: number;
}

export interface Runner {
  scratch: string;
  /** Opens stores and servers with the secrets of this moment: a deploy may have written new ones. */
  open: (tell: Tell) => Promise<Context>;
  log: Log;
  mask: (text: string) => string;
  signal: AbortSignal;
  now: () => Date;
}

/** While another run holds the lock: how often it is asked for, and for how long (milliseconds). */
const BUSY_STEP_MS = 15_000;
const BUSY_MS = 3_600_000;

/** Does a job for the daemon. However it ends, that is logged and remembered, and it only throws bugs. */
export async function perform(runner: Runner, job: ScheduledJob, request: Request): Promise<void> {
  const { log, signal, now } = runner;
  const began = now();
  try {
    if (request.jitter > 0) await delay(randomInt(request.jitter), undefined, { signal });
    log.info(`${job}-began`, `${job} began: ${request.reason}, due at ${request.due.toISOString()}`, { job, ...request });
    const message = await whenFree(runner, job, () => once(runner, job, request));
    log.info(`${job}-done`, message, { job, seconds: (now().getTime() - began.getTime()) / 1_000 });
  } catch (error) {
    if (signal.aborted) return log.warn(`${job}-interrupted`, `${job} was interrupted: the container stops`, { job });
    await afterFailure(runner, job, request, began, error);
  }
}

/** Waits for another run to end, within reason. */
async function whenFree<T>({ log, signal, now }: Runner, job: ScheduledJob, action: () => Promise<T>): Promise<T> {
  const deadline = now().getTime() + BUSY_MS;
  for (let tries = 0; ; tries++) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof BusyError) || now().getTime() > deadline) throw error;
      if (tries === 0) log.info(`${job}-waits`, `${job} waits: ${error.message}`, { job });
    }
    await delay(BUSY_STEP_MS, undefined, { signal });
  }
}

/** @returns what is said when it is done */
async function once(runner: Runner, job: ScheduledJob, { due, reason }: Request): Promise<string> {
  const context = await runner.open(tellLog(runner.log, job));
  const asker = { by: 'daemon', due, reason } as const;
  if (job === 'vacuum') return (await work.vacuum(context, asker)).note;
  if (job === 'drill') {
    const { set, seconds, restored, rows, keys } = await work.drill(context, 'latest', asker);
    const time = `in ${formatDuration(seconds * 1_000)}`;
    return restored ? `${set} restores: ${rows} rows and ${keys} keys ${time}` : `${set}: its checksums are right, ${time}`;
  }
  const made = await work.backUpSince(context, { kinds: [], reason }, asker, due);
  if (made === undefined) return 'somebody else has made a set since it was due';
  const stored = made.set.objects.reduce((bytes, object) => bytes + object.stored.bytes, 0);
  return `${made.set.set} is complete: ${made.set.objects.length} objects, ${formatBytes(stored)}; ${made.removed.length} old ones removed`;
}

/** What a job's own work could not write down, such as that the stores could not even be opened, is written down here. */
async function afterFailure(runner: Runner, job: ScheduledJob, { due, reason }: Request, began: Date, error: unknown): Promise<void> {
  const { scratch, log, mask, now } = runner;
  const asker = { by: 'daemon', due, reason } as const;
  const isNoted = ({ jobs }: State) => Date.parse(jobs[job].failure?.at ?? '1970-01-01T00:00:00Z') >= began.getTime();
  const note = (state: State) => (isNoted(state) ? state : failed(state, job, failureOf({ now, mask }, { job, asker }, began, error)));
  const { message, details } = wordsOf(error, mask);
  log.error(`${job}-failed`, `${job} failed: ${message}`, { job, details, ...stackOf(error) });
  await changeState(stateFile(scratch), (state) => attempted(note(state), job, due, reason, now()));
}

/** What is no expected failure is a bug, and whoever mends it needs to know where it is. */
function stackOf(error: unknown): { stack?: string } {
  return error instanceof Error && !(error instanceof SlipwayError) && error.stack ? { stack: error.stack } : {};
}
