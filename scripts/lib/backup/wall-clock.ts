/**
 * A reading of a clock on a wall, as the number of milliseconds that `Date.UTC` gives for the same digits. It has no time
 * zone: in most zones one hour of the year has each reading twice, and another one has none.
 */
export type Wall = number;

/** Reads the clock of one time zone, and finds out when it shows something. */
export interface WallClock {
  wallOf: (instant: Date) => Wall;
  /** The instants at which the clock shows this: one, two in the night that is longer, none in the one that is shorter. */
  instantsOf: (wall: Wall) => Date[];
  /** The first instant at or after which the clock shows no less than this. */
  firstAfter: (wall: Wall) => Date;
}

const DAY_MS = 86_400_000;

/** @param timezone such as Europe/Berlin */
export function wallClock(timezone: string): WallClock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const wallAt = (instant: number): Wall => {
    const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second);
  };
  const offsetAt = (instant: number) => wallAt(instant) - Math.floor(instant / 1_000) * 1_000;
  /** Whatever the offset is at that reading, it is one of these: no zone changes twice within two days. */
  const candidates = (wall: Wall) => [wall - offsetAt(wall - DAY_MS), wall - offsetAt(wall + DAY_MS)].sort((a, b) => a - b);
  const instantsOf = (wall: Wall) => [...new Set(candidates(wall))].filter((instant) => wallAt(instant) === wall);

  return {
    wallOf: (instant) => wallAt(instant.getTime()),
    instantsOf: (wall) => instantsOf(wall).map((instant) => new Date(instant)),
    firstAfter: (wall) => new Date(instantsOf(wall)[0] ?? jumpBetween(candidates(wall), (instant) => wallAt(instant) >= wall)),
  };
}

/** @returns the first second of those between two instants at which it has happened; it has at the second of them */
function jumpBetween([before = 0, after = 0]: readonly number[], happened: (instant: number) => boolean): number {
  let low = before;
  let high = after;
  while (high - low > 1_000) {
    const middle = Math.floor((low + high) / 2_000) * 1_000;
    if (happened(middle)) high = middle;
    else low = middle;
  }
  return high;
}
