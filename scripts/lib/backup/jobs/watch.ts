import { messageOf } from '../../errors.js';
import { nextDue, previousDue, type Schedule } from '../schedule.js';
import { decide } from './decide.js';
import { readResult, readRunning, removeDue, writeDue } from './files.js';
import type { Memory } from './memory.js';
import { failureOf, type JobFailure, type JobRun } from './run.js';

/** What looking after jobs needs. */
export interface Watch {
  paths: { readonly due: string; readonly results: string };
  /** Is changed when a runner was told something; who looks after the jobs writes it down. */
  memory: Memory;
  /** Told of a runner that was told to begin; `late`: by how many seconds, more than a few when it is caught up. */
  begun: (job: string, due: string, late: number) => void;
  failed: (failure: JobFailure) => void;
  done: (run: JobRun) => void;
}

/** One job that is looked after. */
export interface Job {
  name: string;
  schedule: Schedule;
  /** The last time that was due, and the next one. */
  latest: string;
  next: Date;
  /** The run that its runner was told to begin. */
  told: string | undefined;
  /** The run that somebody was told of because it takes too long. */
  complained: string | undefined;
  /** What kept this side from doing its part; it is told once. */
  problem: string | undefined;
}

/** @returns a due time as a run is named by it */
export function runOf(due: Date): string {
  return due.toISOString().replace('.000Z', 'Z');
}

/** @returns a job at the moment when one begins to look after it */
export function jobAt(name: string, schedule: Schedule, told: string | undefined, now: Date): Job {
  return { name, schedule, ...timesAt(schedule, now), told, complained: undefined, problem: undefined };
}

function timesAt(schedule: Schedule, now: Date): Pick<Job, 'latest' | 'next'> {
  return { latest: runOf(previousDue(schedule, now)), next: nextDue(schedule, now) };
}

/** Does what a job needs now. What keeps it from that is told, and tried again the next time. */
export async function lookAfter(watch: Watch, job: Job, now: Date): Promise<void> {
  if (now >= job.next) Object.assign(job, timesAt(job.schedule, now));
  try {
    await act(watch, job, now);
    job.problem = undefined;
  } catch (error) {
    const message = messageOf(error);
    if (message !== job.problem) watch.failed({ job: job.name, due: job.told ?? job.latest, reason: 'error', message });
    job.problem = message;
  }
}

async function act(watch: Watch, job: Job, now: Date): Promise<void> {
  const { name, latest, told } = job;
  const { due, results } = watch.paths;
  // Without a run to wait for, which is most of the time, there is nothing to read.
  const [running, result] = told === undefined ? [] : await Promise.all([readRunning(results, name), readResult(results, name)]);
  const decision = decide({ latest, handled: watch.memory[name]?.handled ?? latest, told, running, result });
  switch (decision.do) {
    case 'nothing':
      return;
    case 'begin':
      return begin(watch, job, decision.run, now);
    case 'replace':
      await begin(watch, job, decision.run, now);
      return watch.failed({ job: name, due: decision.untaken, reason: 'untaken', message: untaken(name) });
    case 'complain':
      if (job.complained === decision.running) return;
      job.complained = decision.running;
      return watch.failed({ job: name, due: decision.running, reason: 'overdue', message: `${name} still ran when it was due again` });
    case 'settle': {
      await removeDue(due, name);
      job.told = undefined;
      const failure = failureOf(name, decision.result);
      if (failure) watch.failed(failure);
      else watch.done({ job: name, due: decision.result.run, seconds: decision.result.seconds });
    }
  }
}

const untaken = (name: string) =>
  `no runner had begun ${name} when it was due again: the container that runs it should be up in the live colour`;

/** Should this end in the middle: a run that is told twice has the same name, and its runner begins it once. */
async function begin({ paths, memory, begun }: Watch, job: Job, run: string, now: Date): Promise<void> {
  await writeDue(paths.due, job.name, run);
  job.told = run;
  const before = memory[job.name];
  if (before) memory[job.name] = { ...before, handled: run };
  begun(job.name, run, Math.round((now.getTime() - Date.parse(run)) / 1_000));
}
