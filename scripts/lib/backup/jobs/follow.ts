import { messageOf } from '../../errors.js';
import { parseSchedule, type Schedule } from '../schedule.js';
import type { Declared } from './declared.js';
import { readDue, removeDue } from './files.js';
import type { Memory } from './memory.js';
import { type Job, jobAt, runOf } from './watch.js';

/** A clock that is put back by more than this was wrong (milliseconds). */
export const PUT_BACK_MS = 3_600_000;

export interface Following {
  /** The folder that tells runners what is due. */
  due: string;
  /** Is changed: what is new is remembered from now on, what is gone is forgotten. */
  memory: Memory;
  timezone: string;
  /** Told what keeps a job from being looked after. */
  doubt: (problem: string) => void;
}

/**
 * Takes over the jobs of the release that is live now.
 *
 * @returns those that can be looked after: what their runners were told before still counts
 */
export async function follow({ due, memory, timezone, doubt }: Following, declared: Declared, now: Date): Promise<Job[]> {
  const gone = Object.keys(memory).filter((name) => !Object.hasOwn(declared, name));
  for (const name of gone) {
    delete memory[name];
    await removeDue(due, name).catch((error: unknown) => doubt(messageOf(error)));
  }
  const jobs: Job[] = [];
  for (const [name, text] of Object.entries(declared)) {
    try {
      const schedule = parseSchedule(text, timezone);
      remember(memory, name, schedule, now);
      jobs.push(jobAt(name, schedule, await readDue(due, name), now));
    } catch (error) {
      doubt(`${name}: ${messageOf(error)}`);
    }
  }
  return jobs;
}

/** A job that is due at other times than before begins anew; what is known of its runs stays. */
function remember(memory: Memory, name: string, { text }: Schedule, now: Date): void {
  const before = memory[name];
  const credible = before !== undefined && Date.parse(before.handled) - now.getTime() < PUT_BACK_MS;
  if (before?.schedule === text && credible) return;
  memory[name] = { failures: {}, ...before, schedule: text, handled: runOf(now) };
}
