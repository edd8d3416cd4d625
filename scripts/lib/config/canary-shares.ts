import { UsageError } from '../errors.js';

/**
 * @param text what `--canary` was given, such as `5,25,50`
 * @returns shares of the clients in percent, rising
 * @throws UsageError when they are no whole numbers from 1 to 99 that rise
 */
export function parseShares(text: string): number[] {
  const shares = text.split(',').map((share) => (/^[1-9]\d?$/.test(share.trim()) ? Number(share) : Number.NaN));
  const rising = shares.every((share, index) => share > (shares[index - 1] ?? 0));
  if (rising) return shares;
  throw new UsageError(`--canary: should be rising percentages from 1 to 99 such as 5,25,50, got "${text}"`);
}
