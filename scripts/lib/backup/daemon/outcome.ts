import { exitCodes, SlipwayError, UsageError } from '../../errors.js';
import { BusyError } from '../run/lock.js';
import { type By, type Job, jobs } from './jobs.js';
import { type Failure, type JobState, type RunningJob, type State, type Success, withJob } from './state.js';

/** @returns the state while a job is being done by a process */
export function begun(state: State, job: Job, running: RunningJob): State {
  return withJob(state, job, (before) => ({ ...before, running }));
}

/** @returns the state after a job's process ended, however it did; another process that is at it stays noted */
export function ended(state: State, job: Job, process: string): State {
  return withJob(state, job, ({ running, ...rest }) =>
    running === undefined || running.process === process ? rest : { ...rest, running },
  );
}

/** @returns the state after a job was done */
export function succeeded(state: State, job: Job, success: Success): State {
  return withJob(state, job, ({ attempts: _, ...rest }) => ({ ...rest, success }));
}

/** @returns the state after a job failed */
export function failed(state: State, job: Job, failure: Failure): State {
  return withJob(state, job, (before) => ({ ...counted(before, failure), failure }));
}

/** @returns the state after something failed that says nothing about the job as a whole, such as a set of one kind only */
export function failedInPart(state: State, job: Job, failure: Failure): State {
  return withJob(state, job, (before) => counted(before, failure));
}

function counted(before: JobState, { kind }: Failure): JobState {
  return { ...before, failures: { ...before.failures, [kind]: (before.failures[kind] ?? 0) + 1 } };
}

/** @returns the state after the daemon has failed at what was due */
export function attempted(state: State, job: Job, due: Date, reason: 'schedule' | 'catch-up', moment: Date): State {
  return withJob(state, job, (before) => {
    const same = before.attempts?.due === due.toISOString() ? before.attempts : undefined;
    const attempts = { due: due.toISOString(), count: (same?.count ?? 0) + 1, ended: moment.toISOString(), reason: same?.reason ?? reason };
    return { ...before, attempts };
  });
}

/**
 * Looks at what the container was doing when it ended; pure. A job that the daemon had begun, and that nobody interrupted, was
 * killed: that counts as a failure, or a run that takes too much memory would begin again with every start.
 *
 * @param isAlive whether a process still is there
 */
export function afterRestart(state: State, now: Date, isAlive: (process: string) => boolean): State {
  const at = now.toISOString();
  return jobs.reduce((left, job) => {
    const { running } = left.jobs[job];
    if (running === undefined || isAlive(running.process)) return left;
    const after = ended(left, job, running.process);
    if (running.by !== 'daemon' || running.due === undefined) return after;
    const message = 'the container was killed in the middle of it';
    const failure: Failure = { at, began: running.since, kind: 'other', message, details: [], by: 'daemon', due: running.due };
    return attempted(failed(after, job, failure), job, new Date(running.due), running.reason ?? 'schedule', now);
  }, state);
}

/**
 * @returns whether an error says that a job failed. Somebody who interrupts it, or is told that another one runs, or names a
 *   set that is not there, has no failed backup
 */
export function isFailure(error: unknown, by: By): boolean {
  if (error instanceof SlipwayError && error.exitCode === exitCodes.interrupted) return false;
  return !(error instanceof BusyError || (by === 'command' && error instanceof UsageError));
}

/** @returns whether a job has failed since it last was done */
export function isFailing({ success, failure }: JobState, doneLater?: string): boolean {
  if (failure === undefined) return false;
  const done = [success?.ended, doneLater].flatMap((moment) => (moment === undefined ? [] : [Date.parse(moment)]));
  return done.every((moment) => moment < Date.parse(failure.at));
}
