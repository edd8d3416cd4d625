import { parseLongDuration } from '../config/durations.js';

/**
 * A moment as the log's lines have it: ISO 8601 in UTC with nine decimals, so that texts compare like times. A time that is copied
 * from a line means exactly that line.
 */
export type Moment = string;

const DATE = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.(\d{1,9}))?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;
const PART = /\d+(?:\.\d+)?(?:ms|s|m|h|d)/g;

/**
 * @param text what stands after --since or --until: how long ago (`10m`, `1h30m`, `2d`), or a date, with a time or without; without
 * a zone it is local, as with `docker compose logs`
 * @param now milliseconds since 1970, by the engine's clock
 * @returns undefined when it is neither
 */
export function parseMoment(text: string, now: number): Moment | undefined {
  const ago = durationOf(text);
  if (ago !== undefined) return momentAt(Math.max(0, now - ago));
  const match = DATE.exec(text);
  if (!match) return undefined;
  // Date.parse takes a date alone for UTC, and one with a time for local.
  const milliseconds = Date.parse(text.includes('T') ? text : `${text}T00:00`);
  if (Number.isNaN(milliseconds) || milliseconds < 0) return undefined;
  const moment = momentAt(milliseconds);
  return match[1] === undefined ? moment : `${moment.slice(0, 20)}${match[1].padEnd(9, '0')}Z`;
}

function durationOf(text: string): number | undefined {
  const parts = text.match(PART) ?? [];
  if (parts.length === 0 || parts.join('') !== text) return undefined;
  return parts.reduce((sum, part) => sum + (parseLongDuration(part) ?? 0), 0);
}

/** @param milliseconds since 1970 */
export function momentAt(milliseconds: number): Moment {
  return new Date(milliseconds).toISOString().replace('Z', '000000Z');
}

/** @returns the moment a nanosecond later */
export function justAfter(moment: Moment): Moment {
  const nanoseconds = Number(moment.slice(20, 29)) + 1;
  if (nanoseconds < 1e9) return `${moment.slice(0, 20)}${String(nanoseconds).padStart(9, '0')}Z`;
  return momentAt(Date.parse(`${moment.slice(0, 19)}Z`) + 1_000);
}
