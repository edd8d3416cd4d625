import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Step } from '../../scripts/lib/deploy/plan.js';
import { begin, deployNext, type Ground, layGround, lockIsFree, planned } from '../helpers/kills/ground.js';
import { halted, wakeUp } from '../helpers/kills/halt.js';
import { playAll, problemsIn, type Strike, seedOf, struckIn } from '../helpers/kills/matrix.js';
import { disorder } from '../helpers/kills/order.js';
import { type Part, type Point, partsOf, pointsOf } from '../helpers/kills/points.js';
import { accounts, expectAccounted, round } from '../helpers/kills/round.js';
import { strike } from '../helpers/kills/strike.js';
import type { Running } from '../helpers/process.js';

/**
 * The part of the matrix in test/chaos/kills (`npm run test:chaos`) that there is time for in `npm test`, on an app that is
 * deployed in half the time. What it leaves out: jobs, the database, and most of the points.
 */
let ground: Ground;
let steps: Step[];
let parts: Part[];
let cut: string;

beforeAll(async () => {
  ground = await layGround('fixture', seedOf(1));
  steps = await planned(ground, 'deploy', ['plan']);
  cut = steps.find(({ kind }) => kind === 'cut')?.id ?? '';
  parts = partsOf(steps, await deployNext(ground));
});
afterAll(() => ground?.leave());

/** @returns the step of a kind that the plan has, as a part */
function partOf(kind: Step['kind']): Part {
  const { id } = steps.find((step) => step.kind === kind) ?? { id: '' };
  const part = parts.find((one) => one.of === 'step' && one.id === id);
  if (!part) throw new Error(`the plan has no step ${kind}`);
  return part;
}

/** Starts a deploy that is to be struck. */
const deploying = () => {
  const version = ground.next();
  return begin(ground, 'deploy', version, [version]);
};

describe('SIGKILL of a deploy', () => {
  test('in the cut, and at a point of each quarter of its plan: nothing is lost, and whatever is typed next puts everything in order', async () => {
    const all = struckIn(pointsOf(parts));
    const quarter = Math.ceil(all.length / 4);
    const some = [0, 1, 2, 3].map((nth) => all[nth * quarter + Math.floor(ground.random() * quarter)]);
    const strikes = [{ point: { part: partOf('cut'), moment: 'middle' }, followUp: 'resume' } as const, ...some].filter(
      (one) => one !== undefined,
    );
    const rows = await playAll(ground, strikes, ({ point, followUp }) => round(ground, { operation: deploying(), point, followUp, cut }));
    expect(problemsIn(rows)).toEqual([]);
  }, 180_000);
});

describe('SIGKILL of a rollback', () => {
  test('before it cuts, and after: likewise', async () => {
    const points: Strike[] = [
      { point: { part: partOf('start-web'), moment: 'after' }, followUp: 'rollback' },
      { point: { part: partOf('cut'), moment: 'unwritten' }, followUp: 'abort' },
    ];
    const play = ({ point, followUp }: Strike) => {
      const operation = begin(ground, 'rollback', ground.releases.before ?? '', []);
      return round(ground, { operation, point, followUp, cut });
    };
    expect(problemsIn(await playAll(ground, points, play))).toEqual([]);
  }, 120_000);
});

/** Has the app's check fail from now on, or pass. No client notices. */
async function unfit(program: 'touch' | 'rm'): Promise<void> {
  const { colour } = await ground.stack.live();
  const { id } = await ground.stack.container(colour as 'blue', 'web');
  execFileSync('docker', ['exec', id, program, '/tally/unfit']);
}

describe('finishing what was cut off', () => {
  test('that fails brings back the release before, whole', async () => {
    const mark = ground.load.mark();
    const { running } = deploying();
    const point: Point = { part: partOf('retire'), moment: 'after' };
    expect(await strike(ground.gate, running, { point, fraction: 0, signal: 'SIGKILL' })).toMatchObject({ hit: true });
    await lockIsFree(ground.stack);
    await unfit('touch');
    const { exitCode, stderr } = await ground.stack.start('deploy', ['--resume']).ended;
    await unfit('rm');
    expect(exitCode, stderr).toBe(1);
    expect(stderr).toMatch(/verify that .* answers: .*api.fit/);
    expect(await disorder(ground.stack, ground.usual, { version: ground.releases.live, warm: false, tidy: false })).toEqual([]);
    expect((await accounts(ground, mark, [])).problems).toEqual([]);
  });
});

describe('SIGSTOP', () => {
  test('of three deployers, whose locks go to others: when they wake, they change nothing and say so', async () => {
    const mark = ground.load.mark();
    const points: Point[] = [
      { part: partOf('start-web'), moment: 'asking' },
      { part: partOf('cut'), moment: 'begun' },
      { part: partOf('start-workers'), moment: 'asking' },
    ];
    const sleepers: Running[] = [];
    for (const point of points) sleepers.push(await halted(ground, point, 'by hand', sleepers));
    await deployNext(ground);
    const { problems } = await accounts(ground, mark, await wakeUp(ground, sleepers));
    expect(problems).toEqual([]);
  }, 180_000);
});

test('in the end every client is accounted for, and no release that was refused had a worker', () => expectAccounted(ground));
