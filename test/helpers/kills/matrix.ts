import { type FollowUp, followUps } from './follow.js';
import type { Ground } from './ground.js';
import { type Point, sayPoint } from './points.js';
import { HEAD, mend, type Row, sayRow } from './round.js';

/** One struck operation of many. */
export interface Strike {
  point: Point;
  followUp: FollowUp;
}

/** For playing a few rounds again: a pattern for "middle cut", "after undo: cut back to …". */
const ONLY = new RegExp(process.env.CHAOS_ONLY ?? '');

/** @returns the points, each with what is typed after it: by turns, and another one for each moment of a part */
export function struckIn(points: readonly Point[], shift = 0): Strike[] {
  const parts = [...new Set(points.map(({ part }) => part))];
  const ofPart = (point: Point) => points.filter(({ part }) => part === point.part).indexOf(point);
  return points
    .map((point) => ({
      point,
      followUp: followUps[(parts.indexOf(point.part) + ofPart(point) + shift) % followUps.length] as FollowUp,
    }))
    .filter(({ point }) => ONLY.test(sayPoint(point)));
}

/**
 * Plays rounds one after the other and prints what each came to. One that goes wrong is told, mended and does not keep the
 * others from being played.
 *
 * @param play plays one round
 */
export async function playAll(ground: Ground, strikes: readonly Strike[], play: (strike: Strike) => Promise<Row>): Promise<Row[]> {
  const rows: Row[] = [];
  process.stdout.write(`${HEAD}\n`);
  for (const strike of strikes) {
    const row = await play(strike).catch((error: Error): Row => failed(strike, error));
    rows.push(row);
    process.stdout.write(`${sayRow(row)}\n`);
    if (row.problems.length > 0) await mend(ground);
  }
  return rows;
}

function failed({ point: { part, moment }, followUp }: Strike, { message }: Error): Row {
  return { operation: '', point: `${moment} ${part.id}`, followUp, requests: 0, lost: 0, converged: 0, problems: [message] };
}

/** @returns what was not as it should be, a line each */
export function problemsIn(rows: readonly Row[]): string[] {
  return rows.flatMap(({ operation, point, followUp, problems }) =>
    problems.map((problem) => `${operation} ${point}, then ${followUp}: ${problem}`),
  );
}

/** The same seed chooses the same moments: CHAOS_SEED. */
export function seedOf(usual = Date.now() % 100_000): number {
  const seed = Number(process.env.CHAOS_SEED ?? usual);
  process.stdout.write(`CHAOS_SEED=${seed}\n`);
  return seed;
}
