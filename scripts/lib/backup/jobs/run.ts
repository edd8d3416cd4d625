/** One run of a job that was done. */
export interface JobRun {
  job: string;
  /** The time at which it was due (ISO 8601), which is the run's name as well. */
  due: string;
  /** How long it took. */
  seconds: number;
}

/**
 * What can be wrong with a job.
 *
 * - `failed`: its command ended with another exit code than 0
 * - `stopped`: its container was stopped, by a deploy for example, and it did not end well in the time it was given
 * - `lost`: its runner ended without it, so nobody knows how far it got
 * - `untaken`: no runner had begun it when it was due again
 * - `overdue`: it still ran when it was due again; it goes on, and runs once more when it has ended
 * - `error`: cron could not say that it is due, or read how it ended; it tries on
 */
export const jobReasons = ['failed', 'stopped', 'lost', 'untaken', 'overdue', 'error'] as const;
export type JobReason = (typeof jobReasons)[number];

/** One run of a job that was not done, or not in time. */
export interface JobFailure {
  job: string;
  /** The time at which it was due (ISO 8601). */
  due: string;
  reason: JobReason;
  /** One line for a person. */
  message: string;
  exitCode?: number;
  seconds?: number;
}

/** How a runner says that a run ended. */
export interface Result {
  /** The time at which it was due. */
  run: string;
  how: 'ended' | 'stopped' | 'lost';
  exitCode: number;
  seconds: number;
}

const words: Record<'failed' | 'stopped' | 'lost', (job: string, result: Result) => string> = {
  failed: (job, { exitCode, seconds }) => `${job} ended with exit code ${exitCode} after ${seconds} s`,
  stopped: (job, { exitCode, seconds }) => `${job} was stopped with its container after ${seconds} s (exit code ${exitCode})`,
  lost: (job) => `the container of ${job} ended in the middle of it; it is not begun again`,
};

/** @returns the failure that the end of a run is; undefined when all is well */
export function failureOf(job: string, result: Result): JobFailure | undefined {
  const { run, how, exitCode, seconds } = result;
  if (how === 'ended' && exitCode === 0) return undefined;
  const reason = how === 'ended' ? 'failed' : how;
  const failure: JobFailure = { job, due: run, reason, message: words[reason](job, result) };
  return how === 'lost' ? failure : { ...failure, exitCode, seconds };
}
