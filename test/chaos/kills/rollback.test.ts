import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { begin, deployNext, done, type Ground, layGround, planned } from '../../helpers/kills/ground.js';
import { playAll, problemsIn, type Strike, seedOf, struckIn } from '../../helpers/kills/matrix.js';
import { partsOf, pointsOf } from '../../helpers/kills/points.js';
import { expectAccounted, round } from '../../helpers/kills/round.js';

const HOUR = 60 * 60_000;
let ground: Ground;

beforeAll(async () => {
  ground = await layGround('sample', seedOf());
  await deployNext(ground);
}, HOUR);
afterAll(() => ground?.leave(), 120_000);

/** Plays all points of a rollback. @param words chooses where the next one leads, deploying something first where it has to */
async function playRollbacks(choose: () => Promise<{ version: string; words: string[] }>, warm: boolean): Promise<void> {
  const going = async () => {
    const { version, words } = await choose();
    return begin(ground, 'rollback', version, words);
  };
  const { words } = await choose();
  const steps = await planned(ground, 'rollback', words);
  expect(steps.some(({ kind }) => kind === 'start-web')).toBe(!warm);
  const cut = steps.find(({ kind }) => kind === 'cut')?.id ?? '';
  const times = await done(ground, await going());
  const play = async ({ point, followUp }: Strike) => round(ground, { operation: await going(), point, followUp, cut, warm });
  const rows = await playAll(ground, struckIn(pointsOf(partsOf(steps, times))), play);
  expect(problemsIn(rows)).toEqual([]);
}

describe('SIGKILL of a rollback', () => {
  test(
    'at each of its points: nothing is lost, and whatever is typed next puts everything in order',
    () =>
      playRollbacks(async () => {
        while (ground.releases.length < 3) await deployNext(ground);
        const { length, before, ahead } = ground.releases;
        // Forward again where it can, so that there is always something to go back to.
        return length > 3 || !ahead ? { version: before ?? '', words: [] } : { version: ahead, words: [ahead] };
      }, false),
    HOUR,
  );

  test(
    'to a warm colour, likewise',
    async () => {
      ground.stack.set({ RETIRE: 'warm' });
      await deployNext(ground);
      await playRollbacks(async () => {
        const found = (await warmVersion()) ?? (await deployNext(ground).then(warmVersion));
        const version = found ?? '';
        return { version, words: [version] };
      }, true);
    },
    HOUR,
  );
});

/** @returns the version whose web services run without any clients */
async function warmVersion(): Promise<string | undefined> {
  const { stack } = ground;
  const { colour } = await stack.live();
  const others = await stack.containers(colour === 'blue' ? 'green' : 'blue');
  const web = others.filter(({ Labels }) => Labels['dev.slipway.role'] === 'web');
  return web.every(({ State }) => State === 'running') ? web[0]?.Labels['dev.slipway.version'] : undefined;
}

test('in the end every client and job is accounted for', () => expectAccounted(ground), 60_000);
