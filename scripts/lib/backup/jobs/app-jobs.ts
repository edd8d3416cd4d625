import { type CronSettings, cronPaths } from '../../config/cron.js';
import { jobPaths } from '../../config/job-paths.js';
import type { Log } from '../daemon/log.js';
import { announcerOf } from './announce.js';
import { startJobs } from './index.js';

/**
 * Looks after the app's declared jobs beside whatever else the cron container does, and tells the webhook of those that fail.
 *
 * @param settings reads what the container was given
 * @returns resolves when the signal was aborted and nothing is being written any more
 */
export function startAppJobs({ settings, log, signal }: { settings: () => CronSettings; log: Log; signal: AbortSignal }): Promise<void> {
  const { STACK, TZ } = settings().settings;
  const announcer = announcerOf({ stack: STACK, url: () => settings().secrets.BACKUP_WEBHOOK_URL, log, signal });
  return startJobs({ settings: { TZ }, paths: { ...cronPaths, ...jobPaths }, log, signal, ...announcer });
}
