import type { EdgeRequest } from '../../edge/log.js';

/** Each bucket is this much wider than the one before: a percentile is right to one percent, in little memory. */
const STEP = 1.01;

/** What a number of requests came to. */
export class Tally {
  requests = 0;
  /** Those that were answered with 5xx. */
  failed = 0;
  /** Those of which it is known how long the app took. */
  timed = 0;
  readonly #buckets = new Map<number, number>();

  add({ status, milliseconds }: Pick<EdgeRequest, 'status' | 'milliseconds'>): void {
    this.requests++;
    if (status >= 500) this.failed++;
    if (milliseconds === undefined) return;
    this.timed++;
    const bucket = Math.round(Math.log(Math.max(1, milliseconds)) / Math.log(STEP));
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
  }

  /** @returns the share that failed, 0 to 1; 0 of no requests */
  get failedShare(): number {
    return this.requests === 0 ? 0 : this.failed / this.requests;
  }

  /** @returns the time (milliseconds) within which 99 of 100 requests were answered, by the nearest rank; 0 of none */
  get p99(): number {
    let left = Math.ceil(this.timed * 0.99);
    for (const [bucket, count] of [...this.#buckets].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return STEP ** bucket;
    }
    return 0;
  }
}
