import { parseLongDuration } from '../../config/durations.js';
import { UsageError } from '../../errors.js';

const SHORTEST_MS = 1_000;

/**
 * @param text what --older-than was given; undefined: nothing
 * @returns milliseconds
 * @throws UsageError when it is no duration
 */
export function parseAge(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const age = parseLongDuration(text);
  if (age !== undefined && age >= SHORTEST_MS) return age;
  throw new UsageError(`--older-than: should be a duration of at least 1s such as 12h or 30d, got ${JSON.stringify(text)}`, {
    hints: ['type: npx zx scripts/prune.mjs --older-than 7d'],
  });
}
