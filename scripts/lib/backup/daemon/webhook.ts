import { chatText } from '../../webhook/chat-text.js';
import type { Job } from './jobs.js';
import { isFailing } from './outcome.js';
import type { JobState } from './state.js';

/** What is told: that something fails, or that it works again. */
export interface Announcement {
  event: 'failure' | 'recovery';
  job: Job;
  /** What the failure is, or was, about. */
  kind: string;
  message: string;
  details: readonly string[];
  /** The set that was made or tried. */
  set: string | undefined;
  at: string;
}

/**
 * Decides whether somebody has to be told; pure. Of failures in a row the first is told, then one at each due time, and any
 * that is about something else: retries all night long ring once.
 *
 * @param doneLater when another host did it (ISO 8601)
 */
export function announcementOf(job: Job, state: JobState, doneLater?: string): Announcement | undefined {
  const { failure, success, announced } = state;
  if (failure !== undefined && isFailing(state, doneLater)) {
    if (announced && announced.kind === failure.kind && (failure.due ?? announced.due) === announced.due) return undefined;
    const { kind, message, details, at } = failure;
    return { event: 'failure', job, kind, message: `${nouns[job]} failed: ${message}`, details, set: undefined, at };
  }
  if (announced === undefined) return undefined;
  const at = success?.ended ?? doneLater ?? announced.at;
  const set = success?.made?.set ?? success?.set;
  return { event: 'recovery', job, kind: announced.kind, message: `${nouns[job]} works again`, details: [], set, at };
}

const nouns: Readonly<Record<Job, string>> = { backup: 'the backup', drill: 'the drill', vacuum: 'VACUUM', verify: 'verifying' };

/** @returns the document that is sent. Slack and those that follow it show `text` */
export function payloadOf(announcement: Announcement, stack: string, host: string): Record<string, unknown> {
  const { event, message, details } = announcement;
  const mark = event === 'failure' ? '❌' : '✅';
  return {
    stack,
    ...announcement,
    set: announcement.set ?? null,
    host,
    text: chatText([`${mark} ${stack}: ${message}`, ...details].join('\n')),
  };
}

/** One slow answer and two further tries fit in the time that a container has to stop. */
export const DELIVERY = { timeout: 10_000, waits: [1_000, 5_000] } as const;
