import type { Sample } from './load.js';

/** What a load run, or a part of it, came to. */
export interface Summary {
  sent: number;
  /** No whole answer came. */
  lost: number;
  /** Answers other than 2xx. */
  refused: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Why requests were lost or refused, and how often. */
  reasons: Record<string, number>;
}

/** @returns the counts and times of the samples */
export function summarise(samples: readonly Sample[]): Summary {
  const good = samples.filter(({ status }) => status >= 200 && status < 300);
  const times = good.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  const reasons: Record<string, number> = {};
  for (const { status, error } of samples) {
    if (status >= 200 && status < 300) continue;
    const reason = error ?? String(status);
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  const lost = samples.filter(({ status }) => status === 0).length;
  return {
    sent: samples.length,
    lost,
    refused: samples.length - good.length - lost,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    reasons,
  };
}

/** @returns the samples that were sent between two moments (performance.now(), milliseconds) */
export function between(samples: readonly Sample[], from: number, to: number): Sample[] {
  return samples.filter(({ at }) => at >= from && at < to);
}

/**
 * @returns the longest time (milliseconds) in which nobody was answered well: from one good answer to the next, whoever got
 * them; 0 when fewer than two were
 */
export function longestOutage(samples: readonly Sample[]): number {
  const answered = samples.filter(({ status }) => status >= 200 && status < 300).map(({ at, milliseconds }) => at + milliseconds);
  answered.sort((a, b) => a - b);
  return answered.reduce((longest, moment, index) => Math.max(longest, moment - (answered[index - 1] ?? moment)), 0);
}

/** Nearest-rank quantile of ascending values; 0 when there are none. */
function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)] ?? 0;
}
