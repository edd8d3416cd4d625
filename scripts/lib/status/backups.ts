import type { Report } from '../backup/daemon/report.js';
import { formatBytes, formatDuration } from '../config/durations.js';
import { Cron } from '../cron/cron.js';
import type { ContainerState } from '../deploy/state.js';
import type { Docker } from '../engine/docker.js';
import { messageOf, SlipwayError } from '../errors.js';

/** How a stack's backups are doing, or why that is not known. */
export type BackupStatus = { report: Report; problem?: undefined } | { problem: string; report?: undefined };

/** A cron container that does not answer in time (milliseconds) is not waited for: the rest of the status is known. */
const PATIENCE_MS = 5_000;

/**
 * Asks the cron container, which remembers: no store is read.
 *
 * @param base the base's containers
 * @returns undefined when there is no base
 */
export async function readBackups(docker: Docker, base: readonly ContainerState[]): Promise<BackupStatus | undefined> {
  if (base.length === 0) return undefined;
  const cron = base.find(({ service }) => service === 'cron');
  if (cron?.state !== 'running') return { problem: cron ? `the cron container is ${cron.state}` : 'there is no cron container' };
  const tooLate = AbortSignal.timeout(PATIENCE_MS);
  const late = new Promise<never>((_, reject) => {
    tooLate.addEventListener('abort', () => reject(new SlipwayError('the cron container does not answer')), { once: true });
  });
  try {
    return { report: await Promise.race([new Cron(docker, cron.id).call<Report>(['summary'], { signal: tooLate }), late]) };
  } catch (error) {
    if (error instanceof SlipwayError) return { problem: messageOf(error) };
    throw error;
  }
}

/** @returns what a person should look at, a line each; pure. That the container is away is told of all containers alike */
export function backupProblems(status: BackupStatus | undefined): string[] {
  return status?.report?.reasons.map((reason) => `backups: ${reason}`) ?? [];
}

type Paint = (style: 'green' | 'yellow', text: string) => string;

/** @returns the backups in a line or two; pure */
export function backupLines(status: BackupStatus | undefined, now: number, paint: Paint): string[] {
  if (status === undefined) return [];
  if (status.report === undefined) return [paint('yellow', `backups: ${status.problem}`)];
  const { newest, sets, verified, stores, jobs } = status.report;
  const ago = (moment: string) => `${formatDuration(Math.max(0, now - Date.parse(moment)))} ago`;
  const next =
    jobs.backup.next === undefined ? 'none is scheduled' : `next in ${formatDuration(Math.max(0, Date.parse(jobs.backup.next) - now))}`;
  const running =
    jobs.backup.running === undefined
      ? []
      : [`one is being made since ${formatDuration(Math.max(0, now - Date.parse(jobs.backup.running)))}`];
  const restore = jobs.drill.success?.restored ? `, in ${formatDuration(jobs.drill.success.seconds * 1_000)}` : '';
  const first = newest
    ? [
        `newest ${newest.set}, ${ago(newest.began)}, ${formatBytes(newest.stored)}`,
        verified === undefined ? 'never drilled' : `last drill ${ago(verified)}${restore}`,
        `${sets ?? 1} in all`,
      ]
    : ['no backup yet'];
  const away = stores.flatMap(({ name, problem }) => (problem === undefined ? [] : [paint('yellow', `  ${name}: ${problem}`)]));
  return [`backups: ${[...first, ...running, next].join('; ')}`, ...away];
}
