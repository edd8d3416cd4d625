/** Longer names Postgres cuts (bytes). */
const LONGEST = 63;

/**
 * Names a database that stands beside another one: `app_restore_20261122_020000`.
 *
 * @param name the other database
 * @param word what it is: being restored, what was live before, some tables
 * @param stamp when the restore began
 * @param taken names that exist
 * @returns a name of at most 63 bytes that is not taken
 */
export function besideName(name: string, word: 'restore' | 'before' | 'table', stamp: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count++) {
    const ending = `${count === 1 ? '' : `_${count}`}_${word}_${stamp}`;
    const candidate = firstBytes(name, LONGEST - ending.length) + ending;
    if (!taken.has(candidate)) return candidate;
  }
}

/** @returns the beginning of a text, in whole characters */
function firstBytes(text: string, bytes: number): string {
  let kept = '';
  for (const character of text) {
    if (Buffer.byteLength(kept + character) > bytes) break;
    kept += character;
  }
  return kept;
}
