import type { RetentionPolicy } from '../retention.js';
import type { Context } from './context.js';

/** @returns what .env says about keeping sets */
export function policyOf({ settings }: Pick<Context, 'settings'>): RetentionPolicy {
  return {
    days: settings.BACKUP_RETENTION_DAYS,
    count: settings.BACKUP_RETENTION_COUNT,
    daily: 0,
    weekly: settings.BACKUP_RETENTION_WEEKLY,
    monthly: settings.BACKUP_RETENTION_MONTHLY,
    yearly: 0,
    timezone: settings.TZ,
  };
}
