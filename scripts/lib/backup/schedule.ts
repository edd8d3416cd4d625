import { CronExpressionParser } from 'cron-parser';
import { cronProblem, normalized } from '../config/cron-text.js';
import { UsageError } from '../errors.js';
import { type Wall, type WallClock, wallClock } from './wall-clock.js';

/** When something is to be done, again and again. */
export interface Schedule {
  /** A cron expression of five fields, as node-cron and cron-parser take it. */
  text: string;
  /** Where the clock hangs whose hours these are. */
  timezone: string;
}

/** One time that is due. In the longer night of autumn a reading comes twice, and either of them will do. */
interface Due {
  from: Date;
  by: Date;
}

/** No clock is put forward or back by more; Troll station in Antarctica has two hours. */
const REACH_MS = 3 * 3_600_000;

/**
 * @param text a cron expression
 * @param timezone such as Europe/Berlin
 * @throws UsageError saying in one line what it should be
 */
export function parseSchedule(text: string, timezone: string): Schedule {
  const problem = cronProblem(text);
  if (problem !== undefined) throw new UsageError(problem);
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch (cause) {
    throw new UsageError(`should be a time zone such as Europe/Berlin, got ${JSON.stringify(timezone)}`, { cause });
  }
  return { text: normalized(text), timezone };
}

/** @returns the last time that was due, `now` included; of a reading that comes twice, the first */
export function previousDue(schedule: Schedule, now: Date): Date {
  return nearest(schedule, 'prev', now, ({ from }) => from).from;
}

/** @returns the next time that will be due, `now` excluded; of a reading that comes twice, the first */
export function nextDue(schedule: Schedule, now: Date): Date {
  return nearest(schedule, 'next', now, ({ from }) => from).from;
}

export interface MissedQuestion {
  schedule: Schedule;
  /** When the newest successful run began; undefined: there was none, so that one is missing. */
  lastSuccess: Date | undefined;
  now: Date;
  /** Milliseconds that a run may begin late, or wait for another one, before it counts as missed. */
  grace: number;
}

/**
 * Says whether a run is to be caught up: one was due, its time and grace are over, and none that succeeded has begun since.
 * Holds over a restart, and in the spring night: a time that the clock skips is due when it jumps, where node-cron 4.6 does
 * not fire at all (measured). In the autumn night, node-cron fires at the second reading in Berlin and at the first in New
 * York (measured): a run at either one will do.
 */
export function isMissed({ schedule, lastSuccess, now, grace }: MissedQuestion): boolean {
  const { from } = nearest(schedule, 'prev', new Date(now.getTime() - grace), ({ by }) => by);
  return lastSuccess === undefined || lastSuccess < from;
}

/**
 * Looks through all readings that may be on the right side of an instant: around a clock that is put back, a later reading
 * may be an earlier instant.
 *
 * @returns the due time whose `moment` is the last one up to `limit`, or the first one after it
 */
function nearest(schedule: Schedule, direction: 'next' | 'prev', limit: Date, moment: (due: Due) => Date): Due {
  const sign = direction === 'next' ? 1 : -1;
  const clock = wallClock(schedule.timezone);
  const wall = clock.wallOf(limit);
  let best: Due | undefined;
  for (const reading of readings(schedule, wall - sign * REACH_MS, direction)) {
    for (const due of duesAt(schedule, clock, reading)) {
      const fits = direction === 'next' ? moment(due) > limit : moment(due) <= limit;
      if (fits && (best === undefined || sign * (moment(due).getTime() - moment(best).getTime()) < 0)) best = due;
    }
    if (best !== undefined && sign * (reading - wall) > REACH_MS) return best;
  }
  throw new Error(`${schedule.text} should come again and again`);
}

/**
 * The readings of the clock at which a schedule is due, one after the other without end. They are computed as if the clock
 * were one of UTC, which is never put forward or back: going through a real zone, cron-parser names other instants
 * backwards than forwards (measured).
 */
function* readings({ text }: Schedule, from: Wall, direction: 'next' | 'prev'): Generator<Wall> {
  const expression = CronExpressionParser.parse(text, { currentDate: new Date(from), tz: 'UTC' });
  while (true) yield expression[direction]().getTime();
}

/**
 * A schedule of every hour goes by hours that pass, and has nothing to catch up when the clock is put forward; any other one
 * goes by readings, much as in Debian's cron.
 */
function duesAt({ text }: Schedule, clock: WallClock, wall: Wall): Due[] {
  const instants = clock.instantsOf(wall);
  if (text.split(' ')[1]?.startsWith('*')) return instants.map((instant) => ({ from: instant, by: instant }));
  const from = instants[0] ?? clock.firstAfter(wall);
  return [{ from, by: instants.at(-1) ?? from }];
}
