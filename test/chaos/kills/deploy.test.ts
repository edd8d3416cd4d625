import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StepTime } from '../../../scripts/lib/deploy/executor.js';
import type { JournalRecord } from '../../../scripts/lib/deploy/journal.js';
import type { Step } from '../../../scripts/lib/deploy/plan.js';
import { begin, done, type Ground, layGround, lockIsFree, MIGRATES, planned } from '../../helpers/kills/ground.js';
import { playAll, problemsIn, type Strike, seedOf, struckIn } from '../../helpers/kills/matrix.js';
import { type Part, partsOf, pointsOf, undosOf } from '../../helpers/kills/points.js';
import { accounts, expectAccounted, round } from '../../helpers/kills/round.js';

const HOUR = 60 * 60_000;
let ground: Ground;
let steps: Step[];
let times: StepTime[];
let cut: string;

/** Starts a deploy of a new version that has a migration of its own. */
const deploying = () => {
  const version = ground.next();
  return begin(ground, 'deploy', version, [version], MIGRATES);
};

beforeAll(async () => {
  ground = await layGround('sample', seedOf());
  steps = await planned(ground, 'deploy', ['plan']);
  cut = steps.find(({ kind }) => kind === 'cut')?.id ?? '';
  times = await done(ground, deploying());
  await done(ground, deploying());
}, HOUR);
afterAll(() => ground?.leave(), 120_000);

describe('SIGKILL of a deploy', () => {
  test(
    'before, in, at the end of and after each step: nothing is lost, and whatever is typed next puts everything in order',
    async () => {
      const play = ({ point, followUp }: Strike) => round(ground, { operation: deploying(), point, followUp, cut, env: MIGRATES });
      const rows = await playAll(ground, struckIn(pointsOf(partsOf(steps, times))), play);
      expect(problemsIn(rows)).toEqual([]);
    },
    HOUR,
  );
});

describe('SIGKILL of a deploy that is going back', () => {
  /** The last step before the record: by then there is everything to take back. */
  const last = () => steps.at(-2)?.id;

  /** Interrupts a deploy at its last step but one, as Ctrl-C does, and lets it go on to be killed. */
  const goingBack = (hear: (record: JournalRecord) => void = () => {}) => {
    const operation = deploying();
    const heard = async (record: JournalRecord) => {
      hear(record);
      if (record.kind !== 'step-began' || record.step !== last()) return;
      operation.running.kill('SIGINT');
      // The signal is heard before the step is done.
      await delay(100);
    };
    return { operation, heard };
  };

  test(
    'before, in, at the end of and after each thing that is taken back, likewise',
    async () => {
      const trace: JournalRecord[] = [];
      const measured = goingBack((record) => trace.push(record));
      ground.gate.listen({ asked: async (said) => said.about === 'record' && (await measured.heard(said.record)) });
      const mark = ground.load.mark();
      const { exitCode, stderr } = await measured.operation.running.ended;
      await lockIsFree(ground.stack);
      expect(exitCode, stderr).toBe(130);
      expect((await accounts(ground, mark, [])).problems).toEqual([]);
      const undos: Part[] = undosOf(trace);
      expect(undos.length).toBeGreaterThan(3);

      const play = ({ point, followUp }: Strike) => {
        const { operation, heard } = goingBack();
        return round(ground, { operation, point, followUp, cut, heard });
      };
      const rows = await playAll(ground, struckIn(pointsOf(undos)), play);
      expect(problemsIn(rows)).toEqual([]);
    },
    HOUR,
  );
});

test('in the end every client, job and migration is accounted for', async () => {
  await expectAccounted(ground);
  expect(await ground.stack.sql('SELECT name FROM chaos_migrations GROUP BY name HAVING count(*) > 1')).toEqual([]);
}, 60_000);
