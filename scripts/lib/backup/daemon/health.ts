import { formatDuration } from '../../config/durations.js';
import { isMissed, previousDue, type Schedule } from '../schedule.js';
import type { Plan, Report } from './report.js';
import type { State } from './state.js';

/** How late a backup may be before anybody is told: what the guides give a job that misfires (milliseconds). */
export const LATE_MS = 3_600_000;
/** So many drills may be missing. */
const DRILL_PERIODS = 2;

/**
 * @param report everything but its reasons
 * @returns why somebody should look at a stack's backups, a line each; pure
 */
export function reasonsOf(report: Report, state: State, plan: Plan, now: Date): string[] {
  const { backup, drill } = report.jobs;
  return [
    ...lateBackup(report, state, plan, now),
    ...(backup.failing ? [`the last backup failed: ${backup.failure?.message}`] : []),
    ...(drill.failing ? [`the last drill failed: ${drill.failure?.message}`] : []),
    ...lateDrill(report, state, plan, now),
  ];
}

function lateBackup({ newest, jobs }: Report, state: State, { schedules, jitter }: Plan, now: Date): string[] {
  const schedule = schedules.backup;
  if (schedule === undefined) return [];
  const last = newest ? new Date(newest.began) : state.since === undefined ? now : new Date(state.since);
  if (!isMissed({ schedule, lastSuccess: last, now, grace: LATE_MS + jitter })) return [];
  // One that takes its time is not late; one that still runs at its next due time is.
  const { running } = jobs.backup;
  if (running !== undefined && new Date(running) >= previousDue(schedule, now)) return [];
  if (newest === undefined) return ['there is no backup yet, although one was due'];
  return [`the newest backup is ${formatDuration(now.getTime() - last.getTime())} old, and another one was due`];
}

function lateDrill({ verified, newest, jobs: { drill } }: Report, state: State, { schedules }: Plan, now: Date): string[] {
  const schedule = schedules.drill;
  // Without a set there is nothing to drill, and the missing backup is what a person has to know.
  if (schedule === undefined || newest === undefined) return [];
  const done = [verified, drill.success?.ended].filter((moment) => moment !== undefined).map((moment) => Date.parse(moment));
  const last = done.length > 0 ? Math.max(...done) : firstSet(state, now).getTime();
  if (last >= periodsAgo(schedule, now).getTime()) return [];
  return [done.length > 0 ? `the last drill was ${formatDuration(now.getTime() - last)} ago` : 'no drill has restored a backup yet'];
}

/** Drills are due since there is something to drill, and somebody to do it. */
function firstSet({ facts, since }: State, now: Date): Date {
  const moments = [facts?.oldest, since].filter((moment) => moment !== undefined).map((moment) => Date.parse(moment));
  return moments.length === 0 ? now : new Date(Math.max(...moments));
}

function periodsAgo(schedule: Schedule, now: Date): Date {
  let due = new Date(now.getTime() - LATE_MS);
  for (let period = 0; period < DRILL_PERIODS; period++) due = new Date(previousDue(schedule, due).getTime() - 1);
  return due;
}
