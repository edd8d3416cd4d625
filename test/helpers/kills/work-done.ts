import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '../stack.js';

/** How long the queue may take until it has come to a job that was accepted (milliseconds). */
const QUEUE_MS = 20_000;

/**
 * Waits until the sample app's workers have done the jobs. Only deployers are killed, so each is done exactly once: a worker
 * that is stopped ends its job first.
 *
 * @param ids of jobs that were accepted
 * @param among how old a job may be that is looked at, in Postgres' words; all of them without it
 * @returns what is wrong, a line each
 */
export async function jobsAmiss(stack: Stack, ids: readonly string[], among = '1 year'): Promise<string[]> {
  const deadline = performance.now() + QUEUE_MS;
  for (;;) {
    const rows = await stack.sql(`SELECT job_id, count(*) FROM jobs_done WHERE done_at > now() - interval '${among}' GROUP BY job_id`);
    const times = new Map(rows.map((row) => row.split('|') as [string, string]));
    const missing = ids.filter((id) => !times.has(id));
    if (missing.length > 0 && performance.now() < deadline) {
      await delay(200);
      continue;
    }
    return [
      ...missing.map((id) => `job ${id} was not done`),
      ...[...times].filter(([, count]) => count !== '1').map(([id, count]) => `job ${id} was done ${count} times`),
    ];
  }
}
