import { Counter, Gauge, Registry } from 'prom-client';
import { failureKinds, jobs } from './jobs.js';
import type { Report } from './report.js';

/** The metrics as Prometheus reads them, and the media type to send them with. */
export interface Metrics {
  type: string;
  text: string;
}

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [value: number | undefined, labels?: Labels];

const seconds = (moment: string | undefined) => (moment === undefined ? 0 : Date.parse(moment) / 1_000);

/**
 * Writes a report down as metrics. They are made anew for each answer, from what is remembered: a restart forgets nothing. A
 * time that has not come yet is 0, so that an alarm on its age rings; any other value that there is not is left out.
 *
 * @param memory bytes that the process has in memory
 * @param slipway the version of the program
 */
export async function metricsOf(report: Report, now: Date, { memory, slipway }: { memory: number; slipway: string }): Promise<Metrics> {
  const registry = new Registry();
  registry.setDefaultLabels({ stack: report.stack });
  const gauge = (name: string, help: string, samples: readonly Sample[]) => {
    const labelNames = Object.keys(samples[0]?.[1] ?? {});
    const metric = new Gauge({ name, help, labelNames, registers: [registry] });
    for (const [value, labels = {}] of samples) if (value !== undefined) metric.set(labels, value);
    if (samples.every(([value]) => value === undefined)) registry.removeSingleMetric(name);
  };
  sets(report, now, gauge);
  work(report, gauge);
  failures(report, registry);
  gauge('slipway_cron_info', 'The version of the cron container.', [[1, { version: slipway }]]);
  gauge('process_resident_memory_bytes', 'Resident memory of the cron container’s daemon.', [[memory]]);
  return { type: registry.contentType, text: await registry.metrics() };
}

type AddGauge = (name: string, help: string, samples: readonly Sample[]) => void;

function sets({ newest, sets: count, verified, stores }: Report, now: Date, gauge: AddGauge): void {
  const one = (name: string, help: string, value: number | undefined) => gauge(`slipway_backup_${name}`, help, [[value]]);
  one('last_success_timestamp_seconds', 'When the newest whole backup set was complete; 0: there is none.', seconds(newest?.ended));
  one('last_verified_timestamp_seconds', 'When a drill last restored a set; 0: never.', seconds(verified));
  one('age_seconds', 'How old the data in the newest whole set is.', newest && (now.getTime() - Date.parse(newest.began)) / 1_000);
  one('bytes', 'Size of the newest whole set as it is stored.', newest?.stored);
  one('plain_bytes', 'Size of the newest whole set before compression and encryption.', newest?.plain);
  one('duration_seconds', 'How long making the newest whole set took.', newest && seconds(newest.ended) - seconds(newest.began));
  one('sets', 'Sets that can be restored.', count);
  gauge(
    'slipway_backup_store_up',
    '1: the store could be read when it was last asked.',
    stores.map(({ name, problem }) => [problem === undefined ? 1 : 0, { store: name }]),
  );
}

function work({ reasons, jobs: all }: Report, gauge: AddGauge): void {
  const each = (name: string, help: string, value: (job: (typeof jobs)[number]) => number | undefined) =>
    gauge(
      `slipway_backup_${name}`,
      help,
      jobs.map((job) => [value(job), { job }]),
    );
  gauge('slipway_backup_healthy', '1: /health has nothing to complain about.', [[reasons.length === 0 ? 1 : 0]]);
  gauge('slipway_backup_restore_seconds', 'How long the last drill took to restore a set.', [[all.drill.success?.seconds]]);
  each('running', '1: it is being done now.', (job) => (all[job].running === undefined ? 0 : 1));
  each('failing', '1: it has failed since it last was done.', (job) => (all[job].failing ? 1 : 0));
  each('job_last_success_timestamp_seconds', 'When it was last done; 0: never.', (job) => seconds(all[job].success?.ended));
  each('job_last_failure_timestamp_seconds', 'When it last failed; 0: never.', (job) => seconds(all[job].failure?.at));
  each('job_next_timestamp_seconds', 'When it will begin next.', (job) =>
    all[job].next === undefined ? undefined : seconds(all[job].next),
  );
}

function failures({ jobs: all }: Report, registry: Registry): void {
  const counter = new Counter({
    name: 'slipway_backup_failures_total',
    help: 'Failures, by what was being done and by what they were about.',
    labelNames: ['job', 'kind'],
    registers: [registry],
  });
  for (const job of jobs) for (const kind of failureKinds) counter.inc({ job, kind }, all[job].failures[kind]);
}
