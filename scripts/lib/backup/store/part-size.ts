const MIB = 1024 ** 2;

/** S3's own limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const limits = { largestPart: 5 * 1024 * MIB, largestObject: 5 * 1024 ** 2 * MIB, mostParts: 10_000 } as const;

/** How large the parts of objects are (bytes, by number), and how many there may be. */
export interface Sizes {
  of: (number: number) => number;
  maxParts: number;
}

/** The first part. An object that is smaller is stored with one request. */
const FIRST = 8 * MIB;
/** Two of them, one that is sent and one that is filled, leave a process of 256 MiB room for everything else (measured). */
const STEADY = 56 * MIB;
/** The share of the parts over which they grow to {@link STEADY}: small objects need little memory. */
const RISING = 1 / 10;
/** However few parts a provider takes, at least this share of them stays at {@link STEADY}. */
const LEAST_CALM = 1 / 2;

/**
 * How large a part has to be when nobody knows how much will follow. Parts rise from 8 MiB to 56 MiB over the first tenth,
 * stay there for as long as can be, and then grow in a straight line to S3's 5 GiB. With 10,000 parts that is 56 MiB for the
 * first 421 GiB and 5 TiB in all; with 1,000, which some providers take, 25 GiB and 1.26 TiB.
 *
 * @param number the part's number, from 1 to maxParts
 * @param maxParts how many parts the provider takes for one object
 * @returns bytes, whole MiB
 */
export function partSize(number: number, maxParts: number = limits.mostParts): number {
  const rising = Math.ceil(maxParts * RISING);
  if (number <= rising) return onLine(FIRST, STEADY, (number - 1) / rising);
  const calm = lastCalmPart(maxParts, rising);
  return number <= calm ? STEADY : onLine(STEADY, limits.largestPart, (number - calm) / (maxParts - calm));
}

/** The latest part at which growing can begin so that all of them together hold the largest object. */
function lastCalmPart(maxParts: number, rising: number): number {
  const mean = (STEADY + limits.largestPart) / 2;
  const risingTotal = (rising * (FIRST + STEADY)) / 2;
  const latest = (risingTotal - rising * STEADY + maxParts * mean - limits.largestObject) / (mean - STEADY);
  // Rounding down to whole MiB costs 1.5 GiB in all at most; a growing part in place of a steady one gives 2.5 GiB.
  return Math.max(Math.floor(latest) - 1, Math.ceil(maxParts * LEAST_CALM));
}

function onLine(from: number, to: number, share: number): number {
  return Math.floor((from + (to - from) * share) / MIB) * MIB;
}
