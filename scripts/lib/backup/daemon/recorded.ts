import { messageOf, SlipwayError } from '../../errors.js';
import type { Tell } from '../run/event.js';
import { kindOf, wordsOf } from './failure.js';
import type { By, Job } from './jobs.js';
import { begun, ended, failed, failedInPart, isFailure, succeeded } from './outcome.js';
import { isAlive, processId } from './process-id.js';
import type { Failure, RunningJob, State, Success } from './state.js';
import { changeState, stateFile } from './state-file.js';

/** Who does a job, and for which due time. */
export interface Asker {
  by: By;
  due?: Date;
  reason?: 'schedule' | 'catch-up';
}

export interface Recording<T> {
  job: Job;
  asker: Asker;
  /** false: whatever comes of it says nothing about the job as a whole. */
  whole: boolean;
  /** What is to be remembered of a result; undefined: nothing had to be done. */
  success: (result: T) => Omit<Success, 'began' | 'ended'> | undefined;
}

/** What writing down needs to know of a context. */
export interface Recorder {
  scratch: string;
  now: () => Date;
  tell: Tell;
  /** Aborted when the work is to stop: what it throws then is no failure. */
  signal: AbortSignal;
  mask: (text: string) => string;
}

/**
 * Does a job, and remembers how it ended, whoever asked for it. Where that cannot be written down, a warning says so: a good
 * backup is no worse for it.
 *
 * @throws what `action` throws
 */
export async function recorded<T>(recorder: Recorder, recording: Recording<T>, action: () => Promise<T>): Promise<T> {
  const { job, asker, whole, success } = recording;
  const began = recorder.now();
  const process = processId(globalThis.process.pid) ?? '';
  await note(recorder, (state) => (isTaken(state, job) ? state : begun(state, job, runningNow(began, process, asker))));
  try {
    const result = await action();
    const outcome = whole ? success(result) : undefined;
    await note(recorder, (state) => {
      const after = { ...ended(state, job, process), touched: recorder.now().toISOString() };
      return outcome === undefined ? after : succeeded(after, job, { ...outcome, ...between(began, recorder.now()) });
    });
    return result;
  } catch (error) {
    await note(recorder, (state) => {
      const after = ended(state, job, process);
      if (recorder.signal.aborted || !isFailure(error, asker.by)) return after;
      return (whole ? failed : failedInPart)(after, job, failureOf(recorder, recording, began, error));
    });
    throw error;
  }
}

/** @returns what is remembered of an error */
export function failureOf(
  { now, mask }: Pick<Recorder, 'now' | 'mask'>,
  { job, asker }: Pick<Recording<unknown>, 'job' | 'asker'>,
  began: Date,
  error: unknown,
): Failure {
  return {
    at: now().toISOString(),
    began: began.toISOString(),
    kind: kindOf(job, error),
    ...wordsOf(error, mask),
    by: asker.by,
    ...(asker.due ? { due: asker.due.toISOString() } : {}),
  };
}

function isTaken(state: State, job: Job): boolean {
  const { running } = state.jobs[job];
  return running !== undefined && isAlive(running.process);
}

function runningNow(began: Date, process: string, { by, due, reason }: Asker): RunningJob {
  return { since: began.toISOString(), process, by, ...(due ? { due: due.toISOString() } : {}), ...(reason ? { reason } : {}) };
}

function between(began: Date, end: Date): { began: string; ended: string } {
  return { began: began.toISOString(), ended: end.toISOString() };
}

async function note({ scratch, tell }: Recorder, change: (state: State) => State): Promise<void> {
  try {
    await changeState(stateFile(scratch), change);
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    tell({ event: 'warning', text: messageOf(error) });
  }
}
