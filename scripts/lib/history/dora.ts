import type { Entry } from './entries.js';

/**
 * The metrics of software delivery that DORA defines (https://dora.dev/guides/dora-metrics-four-keys/; Forsgren, Humble and
 * Kim, "Accelerate", 2018), as far as a journal of deploys can know them. All of them are about what went live, or was
 * refused, in the window; null where there is no data.
 */
export interface Dora {
  /** Where the window begins, ISO 8601; the first operation, when that is younger. */
  since: string;
  /** The days that the frequency is about. Of a journal that is younger than a day, one day: an hour's deploys tell no rate. */
  days: number | null;

  /** Deploys that went live. Those that were refused are none, nor are rollbacks, restores and the like. */
  deployments: number;
  /** Deployment frequency. */
  deploymentsPerDay: number | null;
  deploymentsPerWeek: number | null;

  /**
   * Lead time for changes: from the release's newest commit to its record as live (milliseconds). Older commits of the same
   * release waited longer. `of` is the number of deployments whose commit is known: those out of git, without changes
   * beside it.
   */
  leadTime: { medianMs: number | null; p90Ms: number | null; of: number };

  /**
   * Change failure rate, from 0 to 1: of the deploys that reached users, the share that was gone back from, be it by a
   * rollback or by the deploy itself. A failure that the next deploy mended leaves no trace in a journal, so it is a lower bound.
   */
  changeFailureRate: number | null;
  /** Deployments that a rollback to an older release replaced. */
  rolledBack: number;
  /** Deploys that failed or were stopped after the cut, and so took their traffic back themselves: no deployments. */
  takenBack: number;
  /** Deploys that failed before the cut. No user ever met them, so they are in none of the rates. */
  refused: number;

  /** Failed deployment recovery time: from a deployment's record as live to that of the rollback away from it (milliseconds). */
  timeToRestore: { medianMs: number | null; of: number };

  /** Rollbacks that went live. */
  rollbacks: number;
  /** Rollbacks for each deployment. More than 1 when what was gone back from is older than the window. */
  rollbackRate: number | null;
}

const DAY_MS = 24 * 3_600_000;

/**
 * Computes the figures; pure.
 *
 * @param entries all operations, the newest first
 * @param windowMs how far back it looks (milliseconds)
 * @param now the time (milliseconds)
 */
export function doraOf(entries: readonly Entry[], windowMs: number, now: number): Dora {
  const first = Date.parse(entries.at(-1)?.at ?? '');
  const begin = now - windowMs;
  const days = Number.isNaN(first) ? null : Math.min(windowMs, Math.max(DAY_MS, now - first)) / DAY_MS;
  const within = (moment: string | null) => moment !== null && Date.parse(moment) >= begin;

  const deploys = entries.filter(({ command }) => command === 'deploy');
  const deployed = deploys.filter(({ live }) => within(live));
  const rollbacks = entries.filter(({ command, live }) => command === 'rollback' && within(live)).length;
  const takenBack = deploys.filter(({ at, cut, undone }) => cut !== null && undone && within(at)).length;
  const leads = deployed.flatMap(({ committed, live }) => between(committed, live));
  const leftAt = leftByRollback(entries);
  const restores = deployed.flatMap(({ token, live }) => between(live, leftAt.get(token) ?? null));
  return {
    since: new Date(first > begin && first <= now ? first : begin).toISOString(),
    days,
    deployments: deployed.length,
    deploymentsPerDay: days && deployed.length / days,
    deploymentsPerWeek: days && (deployed.length / days) * 7,
    leadTime: { medianMs: median(leads), p90Ms: percentile(leads, 0.9), of: leads.length },
    changeFailureRate: ratio(restores.length + takenBack, deployed.length + takenBack),
    rolledBack: restores.length,
    takenBack,
    refused: deploys.filter(({ at, outcome, cut }) => outcome === 'failed' && cut === null && within(at)).length,
    timeToRestore: { medianMs: median(restores), of: restores.length },
    rollbacks,
    rollbackRate: ratio(rollbacks, deployed.length),
  };
}

/**
 * Finds the deploys whose release a rollback replaced. Only the one that was live counts: what a rollback over several
 * releases skips had been replaced by a deploy. Going back from a rollback, to a newer release, is away from no deploy.
 *
 * @returns by the deploy's token, when the first such rollback was live, ISO 8601
 */
function leftByRollback(entries: readonly Entry[]): Map<number, string> {
  const left = new Map<number, string>();
  const deploys = new Map<string | null, Entry>();
  let serving: Entry | undefined;
  for (const entry of [...entries].reverse()) {
    if (entry.live === null) continue;
    if (entry.command === 'deploy') deploys.set(entry.release, entry);
    if (entry.command === 'rollback' && serving) {
      const from = deploys.get(serving.release);
      const to = deploys.get(entry.release)?.token ?? 0;
      if (from && to < from.token && !left.has(from.token)) left.set(from.token, entry.live);
    }
    serving = entry;
  }
  return left;
}

/** @returns the milliseconds in between, if both are known; clocks that disagree make no negative time */
function between(from: string | null, to: string | null): number[] {
  const milliseconds = Date.parse(to ?? '') - Date.parse(from ?? '');
  return Number.isNaN(milliseconds) ? [] : [Math.max(0, milliseconds)];
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

/** @returns the middle one, or the mean of the two in the middle */
function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

/** @returns the least value that the share `rank` (0 to 1) of all values does not exceed: the nearest-rank method */
function percentile(values: readonly number[], rank: number): number | null {
  return [...values].sort((a, b) => a - b)[Math.ceil(values.length * rank) - 1] ?? null;
}
