import { OFF, refuseBadSchedules, type ScheduleKey } from '../../config/schedules.js';
import type { Settings } from '../../config/schema.js';
import { parseSchedule, type Schedule } from '../schedule.js';
import { type ScheduledJob, scheduledJobs } from './jobs.js';

/** The key of `.env` that says when a job is due. */
const keys = {
  backup: 'BACKUP_SCHEDULE',
  drill: 'BACKUP_DRILL_SCHEDULE',
  vacuum: 'VACUUM_SCHEDULE',
} as const satisfies Record<ScheduledJob, ScheduleKey>;

/** When each job is due; undefined: it is switched off. */
export type Schedules = Readonly<Record<ScheduledJob, Schedule | undefined>>;

/** @throws UsageError listing every schedule that could never fire */
export function schedulesOf(settings: Readonly<Pick<Settings, ScheduleKey | 'TZ'>>): Schedules {
  refuseBadSchedules(settings);
  const parsed = scheduledJobs.map((job) => {
    const text = settings[keys[job]];
    return [job, text === OFF ? undefined : parseSchedule(text, settings.TZ)];
  });
  return Object.fromEntries(parsed) as Schedules;
}
