import { hostname } from 'node:os';
import type { Secret } from '../../config/secret.js';
import { post } from '../../webhook/post.js';
import { type Job, scheduledJobs } from './jobs.js';
import type { Log } from './log.js';
import { newestOf } from './report.js';
import { type JobState, withJob } from './state.js';
import { changeState, readState, stateFile } from './state-file.js';
import { announcementOf, DELIVERY, payloadOf } from './webhook.js';

export interface Announcer {
  stack: string;
  scratch: string;
  /** Where to; empty: nobody wants to know. */
  url: Secret;
  log: Log;
  signal: AbortSignal;
}

/**
 * Tells the webhook of jobs that fail and of those that work again, whoever did them. What three tries could not deliver goes
 * to the log and counts as told: the next failure is told anew.
 */
export async function announce(announcer: Announcer): Promise<void> {
  if (announcer.url.reveal() === '') return;
  for (const job of scheduledJobs) await announceJob(announcer, job);
}

async function announceJob({ stack, scratch, url, log, signal }: Announcer, job: Job): Promise<void> {
  const file = stateFile(scratch);
  const state = readState(file);
  const announcement = announcementOf(job, state.jobs[job], job === 'backup' ? newestOf(state)?.ended : undefined);
  if (announcement === undefined) return;
  const { event, message } = announcement;
  // What is in the state has no secrets any more.
  const problem = await post(url.reveal(), payloadOf(announcement, stack, hostname()), { ...DELIVERY, signal });
  if (problem === undefined) log.info('webhook', `the webhook was told: ${message}`, { job, told: event });
  else log.error('webhook-failed', `the webhook could not be told (${problem}): ${message}`, { job, told: event });
  await changeState(file, (now) => withJob(now, job, (before) => told(before, event, state.jobs[job])));
}

/** @param announced the job as it was told */
function told({ announced: _, ...rest }: JobState, event: 'failure' | 'recovery', { failure }: JobState): JobState {
  if (event === 'recovery' || failure === undefined) return rest;
  const { at, kind, due } = failure;
  return { ...rest, announced: { at, kind, ...(due === undefined ? {} : { due }) } };
}
