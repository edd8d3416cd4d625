import { formatDuration } from '../../config/durations.js';

/** @returns an age as a person reads it; ages are mostly whole days: `30 d`, `31 d 4 h` */
export function ageInWords(milliseconds: number): string {
  return formatDuration(milliseconds).replace(/ 0 (h|min)$/, '');
}
