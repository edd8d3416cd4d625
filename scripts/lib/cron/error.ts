import { SlipwayError } from '../errors.js';

/** The cron container refused or failed. */
export class CronError extends SlipwayError {}
