import type { CronSettings } from '../../config/cron.js';
import { jobs } from './jobs.js';
import { isAlive } from './process-id.js';
import { type Plan, type Report, reportOf } from './report.js';
import { schedulesOf } from './schedules.js';
import { type State, withJob } from './state.js';
import { readState, stateFile } from './state-file.js';

/** @throws UsageError when a schedule could never fire */
export function planOf({ settings }: Pick<CronSettings, 'settings'>): Plan {
  return { stack: settings.STACK, schedules: schedulesOf(settings), jitter: settings.BACKUP_JITTER };
}

/** @returns how the backups are doing, by what is remembered: no store and no server is asked */
export function currentReport(plan: Plan, scratch: string, now: Date): Report {
  return reportOf(withoutGone(readState(stateFile(scratch))), plan, now);
}

/** @returns the state without what is noted as being done by a process that is gone */
export function withoutGone(state: State): State {
  const gone = jobs.filter((job) => {
    const { running } = state.jobs[job];
    return running !== undefined && !isAlive(running.process);
  });
  return gone.reduce((left, job) => withJob(left, job, ({ running: _, ...rest }) => rest), state);
}
