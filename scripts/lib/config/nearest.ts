/** How far apart a mistyped word and the one that was meant may be. */
const EDITS = 2;
/** A character takes at most two units of a string. */
const LONGEST = 2;

/**
 * @param word as it was typed
 * @param most edits that still count as near
 * @returns the known word that is nearest; a letter changed, left out or put in, or two that changed places, is one edit
 */
export function nearest(word: string, known: readonly string[], most = EDITS): string | undefined {
  const near = known.filter((candidate) => Math.abs(candidate.length - word.length) <= most * LONGEST);
  const [best] = near.map((candidate) => ({ candidate, distance: distance(word, candidate) })).sort((a, b) => a.distance - b.distance);
  return best && best.distance <= most && best.distance < word.length ? best.candidate : undefined;
}

/** Levenshtein's distance, a row at a time, in which two letters that changed places count once. */
function distance(a: string, b: string): number {
  const [letters, others] = [[...a], [...b]];
  let before: number[] = [];
  let row = Array.from({ length: others.length + 1 }, (_, index) => index);
  for (const [i, letter] of letters.entries()) {
    const next = [i + 1];
    for (const [j, other] of others.entries()) {
      const swapped = i > 0 && j > 0 && letter === others[j - 1] && letters[i - 1] === other;
      const steps = [(row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)];
      next.push(Math.min(...steps, swapped ? (before[j - 1] ?? 0) + 1 : Number.POSITIVE_INFINITY));
    }
    [before, row] = [row, next];
  }
  return row.at(-1) ?? 0;
}
