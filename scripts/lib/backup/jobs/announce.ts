import { hostname } from 'node:os';
import type { Secret } from '../../config/secret.js';
import { chatText } from '../../webhook/chat-text.js';
import { post } from '../../webhook/post.js';
import type { Log } from '../daemon/log.js';
import { DELIVERY } from '../daemon/webhook.js';
import type { JobsOptions } from './index.js';
import type { JobFailure, JobRun } from './run.js';

export interface JobAnnouncer {
  stack: string;
  /** Where to; empty: nobody wants to know. Asked each time, since a deploy may write another one. */
  url: () => Secret;
  log: Log;
  signal: AbortSignal;
  now?: () => number;
}

/** A job of every minute that fails all night rings once an hour (milliseconds). */
const QUIET_MS = 3_600_000;

/**
 * Tells the webhook of the app's jobs that fail, and of those that work again, in the form of the backups' announcements. Of
 * the same failure of the same job it is told once an hour at most. What three tries could not deliver goes to the log.
 *
 * @returns what {@link JobsOptions} takes
 */
export function announcerOf(announcer: JobAnnouncer): Required<Pick<JobsOptions, 'onFailure' | 'onDone'>> {
  const { now = Date.now } = announcer;
  /** By job: what was told last, and when. */
  const told = new Map<string, { reason: string; at: number }>();
  return {
    onFailure: (failure) => {
      const last = told.get(failure.job);
      if (last?.reason === failure.reason && now() - last.at < QUIET_MS) return;
      told.set(failure.job, { reason: failure.reason, at: now() });
      void tell(announcer, announcementOf(failure));
    },
    onDone: (run) => {
      const last = told.get(run.job);
      told.delete(run.job);
      if (last !== undefined) void tell(announcer, recoveryOf(run, last.reason));
    },
  };
}

interface Announcement {
  event: 'failure' | 'recovery';
  job: string;
  kind: string;
  message: string;
  details: readonly string[];
  set: null;
  due: string;
}

function announcementOf({ job, reason, message, due }: JobFailure): Announcement {
  return { event: 'failure', job, kind: reason, message: `the job ${job} failed: ${message}`, details: [], set: null, due };
}

function recoveryOf({ job, due }: JobRun, kind: string): Announcement {
  return { event: 'recovery', job, kind, message: `the job ${job} works again`, details: [], set: null, due };
}

async function tell({ stack, url, log, signal }: JobAnnouncer, announcement: Announcement): Promise<void> {
  const { event, job, message } = announcement;
  try {
    const address = url().reveal();
    if (address === '') return;
    const mark = event === 'failure' ? '❌' : '✅';
    const payload = {
      stack,
      ...announcement,
      at: new Date().toISOString(),
      host: hostname(),
      text: chatText(`${mark} ${stack}: ${message}`),
    };
    const problem = await post(address, payload, { ...DELIVERY, signal });
    if (problem === undefined) log.info('webhook', `the webhook was told: ${message}`, { job, told: event });
    else log.error('webhook-failed', `the webhook could not be told (${problem}): ${message}`, { job, told: event });
  } catch (error) {
    // Between two tries, the daemon was told to stop; what else goes wrong must not end it either.
    if (!signal.aborted) log.error('webhook-failed', `the webhook could not be told (${String(error)}): ${message}`, { job, told: event });
  }
}
