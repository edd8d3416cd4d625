/** What the cron container does, by a schedule or because somebody asked; how each of them ended is remembered. */
export const jobs = ['backup', 'drill', 'vacuum', 'verify'] as const;
export type Job = (typeof jobs)[number];

/** Those that a schedule fires, in the order in which they are caught up. */
export const scheduledJobs = ['backup', 'drill', 'vacuum'] as const;
export type ScheduledJob = (typeof scheduledJobs)[number];

/** What a failure is about; an alarm looks at it first. */
export const failureKinds = ['postgres', 'redis', 'files', 'config', 'store', 'lock', 'drill', 'other'] as const;
export type FailureKind = (typeof failureKinds)[number];

/** The daemon, or a person or a deploy that called a command. */
export type By = 'daemon' | 'command';

/** @returns something for each job */
export function perJob<T>(make: (job: Job) => T): Record<Job, T> {
  return Object.fromEntries(jobs.map((job) => [job, make(job)])) as Record<Job, T>;
}
