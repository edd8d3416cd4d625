import type { Schedule } from '../schedule.js';
import { nextRun, patience, type Question } from './decide.js';
import { latest, newerOf } from './facts.js';
import { reasonsOf } from './health.js';
import { type FailureKind, type Job, jobs, type ScheduledJob, scheduledJobs } from './jobs.js';
import { isFailing } from './outcome.js';
import type { Schedules } from './schedules.js';
import { type Facts, type Failure, failuresOf, type SetFacts, type State, type Success } from './state.js';

/** How one job is doing. Times are ISO 8601. */
export interface JobReport {
  /** The cron expression, `off`, or undefined for what is only done by hand. */
  schedule: string | undefined;
  /** When it will begin next, retries of a failed one included. */
  next: string | undefined;
  /** Since when it is being done. */
  running: string | undefined;
  success: Success | undefined;
  failure: Failure | undefined;
  /** It has failed since it last was done. */
  failing: boolean;
  failures: Record<FailureKind, number>;
}

/** How a stack's backups are doing: what the metrics, the health endpoint and `status` are made of. */
export interface Report {
  stack: string;
  at: string;
  /** Why somebody should look; none: all is well. */
  reasons: string[];
  /** The newest whole set. */
  newest: SetFacts | undefined;
  /** How many sets there are; undefined: the stores were not read yet. */
  sets: number | undefined;
  /** When a drill last restored any set. */
  verified: string | undefined;
  stores: Facts['stores'];
  jobs: Record<Job, JobReport>;
}

/** What the container was told to do. */
export interface Plan {
  stack: string;
  schedules: Schedules;
  /** Milliseconds that a scheduled backup may wait. */
  jitter: number;
}

/** Sums up what is remembered; pure. A process that is noted as working but is gone has to be taken out before. */
export function reportOf(state: State, plan: Plan, now: Date): Report {
  const report: Report = {
    stack: plan.stack,
    at: now.toISOString(),
    reasons: [],
    newest: newestOf(state),
    sets: state.facts?.sets,
    verified: latest([state.facts?.verified, restoredBy(state)].filter((moment) => moment !== undefined)),
    stores: state.facts?.stores ?? [],
    jobs: Object.fromEntries(jobs.map((job) => [job, jobReport(job, state, plan, now)])) as Record<Job, JobReport>,
  };
  return { ...report, reasons: reasonsOf(report, state, plan, now) };
}

function jobReport(job: Job, state: State, plan: Plan, now: Date): JobReport {
  const { running, success, failure } = state.jobs[job];
  const scheduled = isScheduled(job) ? plan.schedules[job] : undefined;
  const question = isScheduled(job) && scheduled ? questionOf(job, scheduled, state, now) : undefined;
  return {
    schedule: isScheduled(job) ? (scheduled?.text ?? 'off') : undefined,
    next: question && nextRun(question).toISOString(),
    running: running?.since,
    success,
    failure,
    failing: isFailing(state.jobs[job], job === 'backup' ? newestOf(state)?.ended : undefined),
    failures: failuresOf(state, job),
  };
}

/** @returns what {@link decide} has to know of a job */
export function questionOf(job: ScheduledJob, schedule: Schedule, state: State, now: Date): Question {
  const { attempts } = state.jobs[job];
  const since = new Date(state.since ?? now);
  return { schedule, now, lastSuccess: lastSuccessOf(job, state), since, attempts, patience: patience[job] };
}

/** When the newest one that succeeded was begun, by what the stores have and by what is remembered. */
function lastSuccessOf(job: ScheduledJob, state: State): Date | undefined {
  const { success } = state.jobs[job];
  const began = job === 'backup' ? [newestOf(state)?.began] : [success?.began, job === 'drill' ? state.facts?.verified : undefined];
  const last = latest(began.filter((moment) => moment !== undefined));
  return last === undefined ? undefined : new Date(last);
}

/** @returns the newest whole set. What the stores have counts, but for a set that was made since they were read, and for stores that cannot be read. */
export function newestOf({ facts, jobs: { backup } }: State): SetFacts | undefined {
  const { success } = backup;
  if (success?.made === undefined) return facts?.newest;
  const isRead = facts !== undefined && Date.parse(facts.read) > Date.parse(success.ended) && facts.stores.every(({ problem }) => !problem);
  return isRead ? facts.newest : newerOf(facts?.newest, success.made);
}

function restoredBy({ jobs: { drill } }: State): string | undefined {
  return drill.success?.restored ? drill.success.ended : undefined;
}

function isScheduled(job: Job): job is ScheduledJob {
  return (scheduledJobs as readonly Job[]).includes(job);
}
