import { setTimeout as delay } from 'node:timers/promises';
import { type CronSettings, cronPaths, readCronSettings } from '../../config/cron.js';
import { jobPaths } from '../../config/job-paths.js';
import { masker } from '../../config/masker.js';
import { messageOf, SlipwayError } from '../../errors.js';
import { startAppJobs } from '../jobs/app-jobs.js';
import { jobMetrics } from '../jobs/metrics.js';
import { contextOf } from '../run/context.js';
import type { Tell } from '../run/event.js';
import { catalogueFacts } from './catalogue-facts.js';
import { currentReport, planOf } from './current.js';
import { check, type Daemon, fire, known } from './due.js';
import type { ScheduledJob } from './jobs.js';
import { type Log, makeLog, tellLog } from './log.js';
import { metricsOf } from './metrics.js';
import { afterRestart } from './outcome.js';
import { isAlive } from './process-id.js';
import { makeQueue } from './queue.js';
import { repeat } from './repeat.js';
import { perform, type Request } from './runner.js';
import { type Answers, serve } from './server.js';
import { changeState, isDamaged, stateFile } from './state-file.js';

/** How often it looks whether something was missed, or is to be told (milliseconds). */
const CHECK_MS = 15_000;
/** How old an answer's catalogue may be (milliseconds). */
const AGE_MS = 300_000;
/** How long an answer waits for the stores (milliseconds). */
const ANSWER_MS = 5_000;
/** Of the time that the container has to stop, what a run may take to clean up (milliseconds). */
const STOP_MS = 50_000;

const scratch = cronPaths.scratch;
const file = stateFile(scratch);

/**
 * Does what is due, catches up what was missed, and answers how it goes, until it is told to stop: then a run that is going on
 * is broken off, which leaves no set.
 *
 * @throws UsageError when the settings or schedules cannot be understood
 */
export async function daemon(signal: AbortSignal): Promise<void> {
  const { log, mask, settings } = given();
  const plan = saying(log, () => planOf(settings()));
  const open = (tell: Tell) => contextOf(settings(), tell, signal);
  const onError = (error: unknown) => log.error('error', messageOf(error), error instanceof Error ? { stack: error.stack } : {});
  await remember(log);

  const runner = { scratch, open, log, mask, signal, now: () => new Date() };
  const work = async (job: ScheduledJob, request: Request) => {
    await perform(runner, job, request);
    // Somebody may have to be told.
    checks.soon();
  };
  const facts = catalogueFacts(scratch, () => open(tellLog(log, 'catalogue')));
  const self: Daemon = { plan, settings, scratch, queue: makeQueue(work, onError, signal), facts, log, signal };
  const server = await serve(answersOf(self, onError));
  const checks = repeat(() => check(self), CHECK_MS, onError, signal);
  const stopTasks = fire(self, onError);
  const appJobs = startAppJobs({ settings, log, signal }).catch(onError);

  await aborted(signal);
  log.info('stopping', 'the daemon stops');
  checks.stop();
  stopTasks();
  await Promise.race([self.queue.idle(), delay(STOP_MS, undefined, { ref: false })]);
  await appJobs;
  await server.close();
}

/** What the container was given. Its secrets are read anew each time, since a deploy may write other ones. */
function given(): { log: Log; mask: (text: string) => string; settings: () => CronSettings } {
  let masked = (text: string) => text;
  const mask = (text: string) => masked(text);
  const settings = () => {
    const read = readCronSettings();
    masked = masker(read.secrets);
    return read;
  };
  return { log: makeLog((line) => void process.stdout.write(`${line}\n`), mask), mask, settings };
}

/** A container that ends at once says why in its log, in the form of the rest. */
function saying<T>(log: Log, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof SlipwayError) log.error('refused', [error.message, ...error.details].join(': '));
    throw error;
  }
}

async function remember(log: Log): Promise<void> {
  if (isDamaged(file)) log.warn('state-lost', `${file} cannot be understood: counters begin anew; what the stores have counts`);
  const now = new Date();
  const { since } = await changeState(file, (state) => ({ ...afterRestart(state, now, isAlive), since: state.since ?? now.toISOString() }));
  log.info('started', 'the daemon runs', { since });
}

function answersOf(self: Daemon, onError: (error: unknown) => void): Answers {
  const summary = () => currentReport(self.plan, scratch, new Date());
  const slipway = self.settings().environment.SLIPWAY_VERSION ?? 'unknown';
  return {
    summary,
    report: async () => {
      await Promise.race([known(self, AGE_MS), delay(ANSWER_MS, undefined, { ref: false })]);
      return summary();
    },
    metrics: async (report) => {
      const backups = await metricsOf(report, new Date(), { memory: process.memoryUsage.rss(), slipway });
      return { ...backups, text: backups.text + (await jobMetrics(report.stack, jobPaths.due)) };
    },
    onError,
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
