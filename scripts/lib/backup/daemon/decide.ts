import { isMissed, nextDue, previousDue, type Schedule } from '../schedule.js';
import type { Attempts } from './state.js';

const MINUTE_MS = 60_000;

/** How a job that fails is tried again until its next due time. */
export interface Patience {
  /** Milliseconds to wait after the first failure, the second, … */
  waits: readonly number[];
  /** Goes on with the last wait; false: gives up until the next due time. */
  endless: boolean;
}

/** A backup is wanted as soon as whatever was wrong is right again; a drill that fails will fail again, and costs much. */
export const patience = {
  backup: { waits: [5 * MINUTE_MS, 15 * MINUTE_MS, 45 * MINUTE_MS], endless: true },
  drill: { waits: [15 * MINUTE_MS, 45 * MINUTE_MS], endless: false },
  vacuum: { waits: [15 * MINUTE_MS, 45 * MINUTE_MS], endless: false },
} as const satisfies Record<string, Patience>;

/** node-cron fires at the due time itself; what has not begun by then is caught up (milliseconds). */
export const GRACE_MS = 20_000;

export interface Question {
  schedule: Schedule;
  now: Date;
  /** When the newest one that succeeded was begun; undefined: there was none. */
  lastSuccess: Date | undefined;
  /** When the first daemon of this stack started: what was due before is not missed. */
  since: Date;
  /** How often the daemon has failed, and at which due time. */
  attempts: Attempts | undefined;
  patience: Patience;
}

export type Reason = 'schedule' | 'catch-up';
export type Decision = { run: true; due: Date; reason: Reason } | { run: false; again: Date | undefined };

/**
 * Decides whether a job has to be done now that its schedule did not fire, or that failed: pure, and right also after a
 * restart, a night whose clock jumps, and an engine that slept.
 *
 * @returns that it has to be done, or when it will be tried again: undefined when nothing is wanting, or it is given up until
 *   the next due time
 */
export function decide({ schedule, now, lastSuccess, since, attempts, patience: { waits, endless } }: Question): Decision {
  if (!isMissed({ schedule, lastSuccess: lastSuccess ?? since, now, grace: GRACE_MS })) return { run: false, again: undefined };
  const due = previousDue(schedule, now);
  const failed = attempts !== undefined && attempts.due === due.toISOString() ? attempts : undefined;
  if (failed === undefined) return { run: true, due, reason: 'catch-up' };
  const wait = waits[failed.count - 1] ?? (endless ? waits.at(-1) : undefined);
  if (wait === undefined) return { run: false, again: undefined };
  const again = new Date(Date.parse(failed.ended) + wait);
  return again <= now ? { run: true, due, reason: failed.reason } : { run: false, again };
}

/** A timer may end a moment before the clock shows the time (milliseconds). */
const EARLY_MS = 1_000;

/** @returns the due time at which node-cron fires now */
export function dueNow(schedule: Schedule, now: Date): Date {
  return previousDue(schedule, new Date(now.getTime() + EARLY_MS));
}

/** @returns when a job will begin next, be it by its schedule or because it failed */
export function nextRun(question: Question): Date {
  const next = nextDue(question.schedule, question.now);
  const decision = decide(question);
  if (decision.run) return question.now;
  return decision.again !== undefined && decision.again < next ? decision.again : next;
}
