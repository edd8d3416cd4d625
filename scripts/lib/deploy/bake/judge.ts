import type { Tally } from './tally.js';

/** What a new release may do worse than the one before it. */
export interface BakeLimits {
  /** How much larger the share of failed requests may be (0 to 1); undefined: it does not count. */
  errors: number | undefined;
  /** How many times as long the slowest hundredth may take; undefined: it does not count. */
  slowdown: number | undefined;
}

/** One failed request, or two, may be anything. */
const LEAST_FAILED = 3;
/** Of fewer requests, the 99th percentile is about the slowest one. */
const LEAST_TIMED = 100;
/** However many times as long it is: an app that has just started is slower than that on a busy machine. */
const LEAST_SLOWDOWN_MS = 200;
/** One-sided, 95 of 100. */
const Z = 1.645;

/**
 * Compares a release with the one before it; pure. A few requests can fail by chance: the share of failed ones counts from
 * where it lies with 95 % certainty, which is the lower end of Wilson's score interval
 * (https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval).
 *
 * @param now what the new release has answered
 * @param before what the old one has
 * @returns what is worse than it may be, a line each, with the figures
 */
export function judge(now: Tally, before: Tally, { errors, slowdown }: BakeLimits): string[] {
  const worse: string[] = [];
  if (errors !== undefined && now.failed >= LEAST_FAILED && lowerBound(now) > before.failedShare + errors) {
    worse.push(
      `${now.failed} of ${now.requests} requests failed (${percent(now.failedShare)}), ` +
        `${before.failed} of ${before.requests} before (${percent(before.failedShare)}); BAKE_MAX_ERRORS lets ${percent(errors)} more through`,
    );
  }
  if (slowdown !== undefined && isSlower(now, before, slowdown)) {
    worse.push(
      `the p99 is ${Math.round(now.p99)} ms in ${now.timed} requests, ${Math.round(before.p99)} ms in ${before.timed} before; ` +
        `BAKE_MAX_SLOWDOWN lets ${slowdown} times as much through`,
    );
  }
  return worse;
}

/** @returns what a release has answered, in a few words */
export function sayTally(tally: Tally): string {
  if (tally.requests === 0) return 'no request';
  const failed = tally.failed === 0 ? 'none failed' : `${tally.failed} failed (${percent(tally.failedShare)})`;
  return `${tally.requests} requests, ${failed}, p99 ${Math.round(tally.p99)} ms`;
}

function isSlower(now: Tally, before: Tally, slowdown: number): boolean {
  if (now.timed < LEAST_TIMED || before.timed < LEAST_TIMED) return false;
  return now.p99 > before.p99 * slowdown && now.p99 > before.p99 + LEAST_SLOWDOWN_MS;
}

function lowerBound({ requests: n, failedShare: p }: Tally): number {
  const square = Z * Z;
  return (p + square / (2 * n) - Z * Math.sqrt((p * (1 - p)) / n + square / (4 * n * n))) / (1 + square / n);
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(share < 0.001 ? 2 : 1))} %`;
}
