import type { ExitCode } from '../../errors.js';
import type { RunEvent } from '../run/event.js';
import type { Reply } from './restore-results.js';

/** A line that the cron container's program prints. The last one is a result or an error. */
export type SidecarLine = RunEvent | Reply | { event: 'result'; result: unknown } | { event: 'error'; error: SidecarError };

export interface SidecarError {
  message: string;
  details: string[];
  hints: string[];
  exitCode: ExitCode;
}
