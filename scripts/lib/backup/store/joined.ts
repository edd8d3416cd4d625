import { messageOf, SlipwayError } from '../../errors.js';
import { StoreError } from './errors.js';

/**
 * What went wrong while cleaning up joins the first error as a detail; it never takes its place.
 *
 * @param error what was thrown first
 * @param details what failed after that, a line each; none: the error stays what it is
 */
export function joined(error: unknown, details: readonly string[]): unknown {
  if (details.length === 0) return error;
  if (!(error instanceof SlipwayError)) return new StoreError(messageOf(error), { details, cause: error });
  const { message, hints, exitCode } = error;
  return new StoreError(message, { details: [...error.details, ...details], hints, exitCode, cause: error });
}
