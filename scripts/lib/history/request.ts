import { parseLongDuration } from '../config/durations.js';
import { UsageError } from '../errors.js';

/** How much of the history is asked for. */
export interface HistoryRequest {
  /** How many of the last operations are told. */
  last: number;
  /** How far back the figures look (milliseconds). */
  windowMs: number;
}

/** The flags of `history` as they were typed. */
export type HistoryFlags = Partial<Record<keyof typeof historyDefaults, string>>;

export const historyDefaults = { last: '20', window: '30d' } as const;

const DAY_MS = 24 * 3_600_000;
const SHORTEST_MS = 60_000;
const LONGEST_MS = 3_650 * DAY_MS;

/**
 * Reads the flags; pure.
 *
 * @throws UsageError with a line for each problem
 */
export function parseHistory(flags: HistoryFlags): HistoryRequest {
  const { last, window } = { ...historyDefaults, ...flags };
  const windowMs = parseLongDuration(window);
  const problems: string[] = [];
  if (!/^\d{1,9}$/.test(last) || Number(last) === 0)
    problems.push(`--last: should be a whole number such as 20, got ${JSON.stringify(last)}`);
  if (windowMs === undefined || windowMs < SHORTEST_MS || windowMs > LONGEST_MS)
    problems.push(`--window: should be a duration from 1m to 3650d such as 30d, got ${JSON.stringify(window)}`);
  const [first] = problems;
  if (first === undefined) return { last: Number(last), windowMs: windowMs as number };
  throw new UsageError(problems.length === 1 ? first : `the flags have ${problems.length} problems`, {
    details: problems.length === 1 ? [] : problems,
    hints: ['type: npx zx scripts/history.mjs --last 50 --window 90d'],
  });
}
