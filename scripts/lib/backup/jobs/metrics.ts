import { Counter, Gauge, Registry } from 'prom-client';
import { countOf, type JobMemory, type Memory, readMemory } from './memory.js';
import { jobReasons } from './run.js';

/**
 * Writes down as metrics how the app's jobs are doing, from what is remembered: a restart forgets nothing. A time that has
 * not come yet is 0, so that an alarm on its age rings.
 *
 * @param folder the one that tells runners what is due
 * @returns lines as Prometheus reads them, to be put behind those of the backups; nothing when the app has no jobs
 */
export async function jobMetrics(stack: string, folder: string): Promise<string> {
  // The daemon says in its log when what is remembered cannot be read.
  const memory = await readMemory(folder, () => {});
  if (Object.keys(memory).length === 0) return '';
  const registry = new Registry();
  registry.setDefaultLabels({ stack });
  const gauge = (name: string, help: string, value: (job: JobMemory) => number | undefined) => {
    const metric = new Gauge({ name: `slipway_job_${name}`, help, labelNames: ['job'], registers: [registry] });
    for (const [job, remembered] of Object.entries(memory)) {
      const now = value(remembered);
      if (now !== undefined) metric.set({ job }, now);
    }
  };
  gauge('last_success_timestamp_seconds', 'When a run of the app’s job was last done; 0: never.', ({ done }) => timestamp(done?.at));
  gauge('last_failure_timestamp_seconds', 'When a run of the app’s job last failed; 0: never.', ({ failed }) => timestamp(failed?.at));
  gauge('last_duration_seconds', 'How long the last run that was done took.', ({ done }) => done?.seconds);
  gauge('failing', '1: it has failed since it last was done.', (job) => (isFailing(job) ? 1 : 0));
  countFailures(registry, memory);
  return registry.metrics();
}

/** @returns whether something was wrong with a job since it last was done */
export function isFailing({ done, failed }: JobMemory): boolean {
  return failed !== undefined && (done === undefined || Date.parse(done.at) < Date.parse(failed.at));
}

function countFailures(registry: Registry, memory: Memory): void {
  const counter = new Counter({
    name: 'slipway_job_failures_total',
    help: 'Runs of the app’s jobs that were not done, or not in time, by what was wrong.',
    labelNames: ['job', 'reason'],
    registers: [registry],
  });
  for (const [job, remembered] of Object.entries(memory)) {
    for (const reason of jobReasons) counter.inc({ job, reason }, countOf(remembered, reason));
  }
}

function timestamp(moment: string | undefined): number {
  return moment === undefined ? 0 : Date.parse(moment) / 1_000;
}
