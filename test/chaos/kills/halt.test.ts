import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Step } from '../../../scripts/lib/deploy/plan.js';
import { deployNext, type Ground, layGround, planned } from '../../helpers/kills/ground.js';
import { halted, wakeUp } from '../../helpers/kills/halt.js';
import { playAll, problemsIn, type Strike, seedOf, struckIn } from '../../helpers/kills/matrix.js';
import { haltsOf, partsOf, sayPoint } from '../../helpers/kills/points.js';
import { accounts, expectAccounted, type Row } from '../../helpers/kills/round.js';

const HOUR = 60 * 60_000;
let ground: Ground;
let steps: Step[];

beforeAll(async () => {
  ground = await layGround('sample', seedOf());
  await deployNext(ground);
  steps = await planned(ground, 'deploy', ['plan']);
}, HOUR);
afterAll(() => ground?.leave(), 120_000);

/** Halts a deployer, has another one go through, and wakes the first. */
async function play({ point }: Strike): Promise<Row> {
  const mark = ground.load.mark();
  // Its deck waits for half a minute. In half of the cases the deck is ended in its place: what comes after it is the same.
  const one = await halted(ground, point, point.moment === 'begun' ? 'by hand' : 'of itself');
  const began = performance.now();
  await deployNext(ground);
  const converged = performance.now() - began;
  const problems = await wakeUp(ground, [one]);
  return {
    operation: 'deploy',
    point: `halted ${sayPoint(point)}`,
    followUp: 'deploy',
    converged,
    ...(await accounts(ground, mark, problems)),
  };
}

test(
  'a deployer that is halted at whatever step, and wakes when its lock has gone to another one, changes nothing and says so',
  async () => {
    const points = haltsOf(partsOf(steps, []));
    const rows = await playAll(ground, struckIn(points), play);
    expect(problemsIn(rows)).toEqual([]);
  },
  HOUR,
);

test('in the end every client and job is accounted for', () => expectAccounted(ground), 60_000);
