import { schedule as scheduleTask } from 'node-cron';
import type { CronSettings } from '../../config/cron.js';
import { SlipwayError } from '../../errors.js';
import { announce } from './announce.js';
import type { CatalogueFacts } from './catalogue-facts.js';
import { decide, dueNow } from './decide.js';
import { type ScheduledJob, scheduledJobs } from './jobs.js';
import type { Log } from './log.js';
import type { Queue } from './queue.js';
import { type Plan, questionOf } from './report.js';
import type { Request } from './runner.js';
import type { State } from './state.js';
import { readState, stateFile } from './state-file.js';

/** How old the catalogue may be: before something is caught up, and at any time (milliseconds). */
const AGE_MS = { decision: 300_000, ever: 3_600_000 } as const;

/** What deciding about work needs. */
export interface Daemon {
  plan: Plan;
  /** What the container was given, with the secrets of this moment. */
  settings: () => CronSettings;
  scratch: string;
  queue: Queue<ScheduledJob, Request>;
  facts: CatalogueFacts;
  log: Log;
  signal: AbortSignal;
}

/** Has node-cron begin each job when it is due. @returns a function that ends that */
export function fire(self: Daemon, onError: (error: unknown) => void): () => void {
  const { plan, queue, log } = self;
  const tasks = scheduledJobs.flatMap((job) => {
    const schedule = plan.schedules[job];
    if (schedule === undefined) {
      log.info('off', `${job} is switched off`, { job });
      return [];
    }
    const begin = async () => {
      const due = dueNow(schedule, new Date());
      if (job === 'drill' && !hasSet(await known(self, AGE_MS.decision))) return log.info('drill-skipped', 'there is no set to drill yet');
      if (!queue.add(job, { due, reason: 'schedule', jitter: job === 'backup' ? plan.jitter : 0 })) {
        log.info(`${job}-overlap`, `${job} is due, and still being done`, { job });
      }
    };
    // Whatever it misses is found by the checks; its own words about that would only confuse.
    const options = { name: job, timezone: schedule.timezone, noOverlap: true, suppressMissedWarning: true };
    const task = scheduleTask(schedule.text, () => begin().catch(onError), options);
    log.info('scheduled', `${job}: ${schedule.text} (${schedule.timezone})`, { job, next: task.getNextRun()?.toISOString() });
    return [task];
  });
  return () => {
    for (const task of tasks) void task.destroy();
  };
}

/** Tells what is to be told, and begins what was missed or failed. */
export async function check(self: Daemon): Promise<void> {
  const { plan, settings, scratch, queue, log, signal } = self;
  await announce({ stack: plan.stack, scratch, url: settings().secrets.BACKUP_WEBHOOK_URL, log, signal });
  await known(self, AGE_MS.ever);
  for (const job of scheduledJobs) {
    const schedule = plan.schedules[job];
    if (schedule === undefined || queue.has(job)) continue;
    const wanted = (state: State) => decide(questionOf(job, schedule, state, new Date()));
    if (!wanted(readState(stateFile(scratch))).run) continue;
    // Another host may have done it: the stores have the last word.
    const state = await known(self, AGE_MS.decision);
    const decision = wanted(state);
    if (!decision.run || (job === 'drill' && !hasSet(state))) continue;
    queue.add(job, { due: decision.due, reason: decision.reason, jitter: 0 });
  }
}

/** @returns what is remembered, with what the stores have where they can be asked */
export async function known({ facts, log, scratch }: Daemon, age: number): Promise<State> {
  try {
    return await facts.atMost(age);
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    log.warn('catalogue', `the stores cannot be read: ${error.message}`, { details: error.details });
    return readState(stateFile(scratch));
  }
}

function hasSet({ facts }: State): boolean {
  return facts?.newest !== undefined;
}
