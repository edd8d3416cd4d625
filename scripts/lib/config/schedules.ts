import { UsageError } from '../errors.js';
import { cronProblem } from './cron-text.js';
import type { Settings } from './schema.js';

/** The keys that say when something is due. */
export const scheduleKeys = ['BACKUP_SCHEDULE', 'BACKUP_DRILL_SCHEDULE', 'VACUUM_SCHEDULE'] as const satisfies readonly (keyof Settings)[];
export type ScheduleKey = (typeof scheduleKeys)[number];

/** What a person types to switch something off. */
export const OFF = 'off';

/** @returns what is wrong with schedules that could never fire */
export function scheduleProblems(settings: Readonly<Pick<Settings, ScheduleKey>>): { key: ScheduleKey; text: string }[] {
  return scheduleKeys.flatMap((key) => {
    const text = settings[key] === OFF ? undefined : cronProblem(settings[key]);
    return text === undefined ? [] : [{ key, text }];
  });
}

/**
 * Looks at schedules more closely than the schema does, which only knows their form.
 *
 * @throws UsageError with a line for each one that could never fire
 */
export function refuseBadSchedules(settings: Readonly<Pick<Settings, ScheduleKey>>): void {
  const details = scheduleProblems(settings).map(({ key, text }) => `${key}: ${text}`);
  if (details.length === 0) return;
  throw new UsageError(details.length === 1 ? 'a schedule cannot be understood' : 'schedules cannot be understood', { details });
}
