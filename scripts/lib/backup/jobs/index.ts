import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../errors.js';
import type { Log } from '../daemon/log.js';
import { type Declared, followDeclared } from './declared.js';
import { follow, PUT_BACK_MS } from './follow.js';
import { type Memory, readMemory, rememberDone, rememberFailed, writeMemory } from './memory.js';
import type { JobFailure, JobRun } from './run.js';
import { type Job, lookAfter, type Watch } from './watch.js';

export type { JobFailure, JobReason, JobRun } from './run.js';

export interface JobsOptions {
  settings: { readonly TZ: string };
  /** Folders: what deploys write down; what runners are told; what they tell. `{ ...cronPaths, ...jobPaths }` has them. */
  paths: { readonly snapshot: string; readonly due: string; readonly results: string };
  log: Log;
  /** Told of each run that was not done, or not in time; it is logged already, and remembered for metrics. */
  onFailure: (failure: JobFailure) => void;
  /** Told of each run that was done; it is logged already, and remembered for metrics. */
  onDone?: (run: JobRun) => void;
  /** Aborted when it is to end. */
  signal: AbortSignal;
}

/** How often the files are looked at; schedules count minutes (milliseconds). */
const POLL_MS = 1_000;

/**
 * Has the app's declared jobs run when they are due. They run in the live colour, in a container of their service's own
 * image, whose runner (infra/jobs/runner.sh) does what it is told by files: this side says what is due, and tells how it
 * ended. What was due while nobody looked is caught up, once. Follows the jobs of each release that is deployed.
 *
 * @returns resolves when the signal was aborted and nothing is being written any more; never rejects for want of a file
 */
export async function startJobs(options: JobsOptions): Promise<void> {
  const { settings, paths, log, signal } = options;
  const doubt = once((problem) => log.warn('jobs-problem', problem));
  const memory = await readMemory(paths.due, doubt);
  const watch = watchOf(options, memory);
  const news = followDeclared(paths.snapshot, doubt);
  const save = saver(paths.due, memory);
  let declared: Declared = {};
  let jobs: Job[] = [];
  for (let before = new Date(); !signal.aborted; await pause(signal)) {
    const now = new Date();
    try {
      const fresh = await news();
      if (fresh !== undefined) log.info('jobs', `jobs of the live release: ${Object.keys(fresh).join(', ') || 'none'}`, { jobs: fresh });
      declared = fresh ?? declared;
      const putBack = before.getTime() - now.getTime() > PUT_BACK_MS;
      if (fresh !== undefined || putBack) jobs = await follow({ due: paths.due, memory, timezone: settings.TZ, doubt }, declared, now);
      for (const job of jobs) await lookAfter(watch, job, now);
      await save();
    } catch (error) {
      doubt(messageOf(error));
    }
    before = now;
  }
}

function watchOf({ paths, log, onFailure, onDone }: JobsOptions, memory: Memory): Watch {
  return {
    paths,
    memory,
    begun: (job, due, late) => log.info('job-due', late > LATE_S ? `${job} is caught up` : `${job} is due`, { job, due, late }),
    failed: (failure) => {
      const { message, ...fields } = failure;
      log.error('job-failed', message, fields);
      rememberFailed(memory, failure, new Date());
      onFailure(failure);
    },
    done: (run) => {
      log.info('job-done', `${run.job} is done, in ${run.seconds} s`, { ...run });
      rememberDone(memory, run, new Date());
      onDone?.(run);
    },
  };
}

/** What begins later than that was missed (seconds). */
const LATE_S = 20;

/** @returns a function that writes the memory down when it has changed since it was written */
function saver(folder: string, memory: Memory): () => Promise<void> {
  let saved = JSON.stringify(memory);
  return async () => {
    const text = JSON.stringify(memory);
    if (text === saved) return;
    await writeMemory(folder, memory);
    saved = text;
  };
}

/** @returns a function that passes a text on unless it is the same as the last one: what lasts is told once */
function once(tell: (text: string) => void): (text: string) => void {
  let last: string | undefined;
  return (text) => {
    if (text !== last) tell(text);
    last = text;
  };
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await delay(POLL_MS, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
