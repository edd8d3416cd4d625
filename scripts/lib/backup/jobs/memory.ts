import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../../errors.js';
import { readIfThere, replaceFile } from './files.js';
import { type JobFailure, type JobReason, type JobRun, jobReasons } from './run.js';

const moment = z.iso.datetime();
const seconds = z.number().nonnegative();

const jobSchema = z.strictObject({
  /** As the release declared it: another one begins anew, so that nothing is caught up that was never due. */
  schedule: z.string(),
  /** The last due time that its runner was told; in the beginning, when the job was first seen. */
  handled: moment,
  /** The last run that was done. */
  done: z.strictObject({ at: moment, due: moment, seconds }).exactOptional(),
  /** The last run that was not done, or not in time. */
  failed: z.strictObject({ at: moment, due: moment, reason: z.enum(jobReasons), message: z.string() }).exactOptional(),
  /** How often what was wrong with it. */
  failures: z.partialRecord(z.enum(jobReasons), z.int().nonnegative()),
});
const memorySchema = z.record(z.string(), jobSchema);

/** What cron remembers of a job over its own restarts; metrics are made of it. */
export type JobMemory = z.infer<typeof jobSchema>;
export type Memory = z.infer<typeof memorySchema>;

const fileOf = (folder: string) => join(folder, 'jobs.json');

/**
 * @param folder the one that tells runners what is due
 * @param doubt told when there is a file that cannot be read: what was missed is not caught up then
 * @returns what is remembered
 */
export async function readMemory(folder: string, doubt: (problem: string) => void): Promise<Memory> {
  try {
    const text = await readIfThere(fileOf(folder));
    if (text === undefined) return {};
    const memory = memorySchema.safeParse(parsed(text)).data;
    if (memory === undefined) doubt(`${fileOf(folder)} cannot be understood: what was missed is not caught up`);
    return memory ?? {};
  } catch (error) {
    doubt(messageOf(error));
    return {};
  }
}

export async function writeMemory(folder: string, memory: Memory): Promise<void> {
  await replaceFile(fileOf(folder), `${JSON.stringify(memory, undefined, 2)}\n`);
}

/** Changes what is remembered: a run was done. */
export function rememberDone(memory: Memory, { job, due, seconds }: JobRun, now: Date): void {
  const before = memory[job];
  if (before) memory[job] = { ...before, done: { at: now.toISOString(), due, seconds } };
}

/** Changes what is remembered: something was wrong with a run. */
export function rememberFailed(memory: Memory, { job, due, reason, message }: JobFailure, now: Date): void {
  const before = memory[job];
  if (!before) return;
  const failures = { ...before.failures, [reason]: countOf(before, reason) + 1 };
  memory[job] = { ...before, failed: { at: now.toISOString(), due, reason, message }, failures };
}

/** @returns how often that was wrong with a job */
export function countOf({ failures }: JobMemory, reason: JobReason): number {
  return failures[reason] ?? 0;
}

/** @returns what a JSON text says; undefined when it is none */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
