import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JournalRecord } from '../../../scripts/lib/deploy/journal.js';
import { type Dora, doraOf } from '../../../scripts/lib/history/dora.js';
import type { Entry } from '../../../scripts/lib/history/entries.js';
import { ago, DAY, entries, HOUR, MINUTE, now, open, refused, restored, rolledBack, takenBack, wentLive } from './journals.js';

const dora = (...operations: JournalRecord[][]) => doraOf(entries(...operations), 30 * DAY, now);

test('a stack that nothing was ever deployed to has no data, and no rate of 0', () => {
  expect(dora()).toEqual({
    since: ago(30 * DAY),
    days: null,
    deployments: 0,
    deploymentsPerDay: null,
    deploymentsPerWeek: null,
    leadTime: { medianMs: null, p90Ms: null, of: 0 },
    changeFailureRate: null,
    rolledBack: 0,
    takenBack: 0,
    refused: 0,
    timeToRestore: { medianMs: null, of: 0 },
    rollbacks: 0,
    rollbackRate: null,
  });
});

describe('deployment frequency', () => {
  test('is the deploys that went live, by the days of the window', () => {
    const figures = dora(wentLive(1, { ago: 40 * DAY }), wentLive(2, { ago: 20 * DAY }), wentLive(3, { ago: 10 * DAY }));
    expect(figures).toMatchObject({ deployments: 2, days: 30, since: ago(30 * DAY) });
    expect(figures.deploymentsPerDay).toBeCloseTo(2 / 30);
    expect(figures.deploymentsPerWeek).toBeCloseTo(14 / 30);
  });

  test('is over the time since the first operation, when that is younger than the window', () => {
    const figures = dora(restored(1, { ago: 4 * DAY }), wentLive(2, { ago: 2 * DAY }));
    expect(figures).toMatchObject({ days: 4, since: ago(4 * DAY), deploymentsPerDay: 0.25, deploymentsPerWeek: 1.75 });
  });

  test('of a journal that began an hour ago is over a day', () => {
    expect(dora(wentLive(1, { ago: HOUR }), wentLive(2, { ago: HOUR / 2 }))).toMatchObject({ days: 1, deploymentsPerDay: 2 });
  });

  test('is 0, and known, when operations are there and none of them was a deploy that went live', () => {
    expect(dora(restored(1, { ago: 3 * DAY }))).toMatchObject({ deployments: 0, deploymentsPerDay: 0, deploymentsPerWeek: 0 });
  });

  test('counts no rollback, no refused deploy, none that was taken back and none that was cut off', () => {
    const figures = dora(
      wentLive(1, { ago: 9 * DAY }),
      wentLive(2, { ago: 8 * DAY }),
      rolledBack(3, 1, { ago: 7 * DAY }),
      refused(4, { ago: 6 * DAY }),
      takenBack(5, { ago: 5 * DAY }),
      open(6, { ago: 4 * DAY }),
      restored(7, { ago: 3 * DAY }),
    );
    expect(figures.deployments).toBe(2);
  });

  test('counts a deploy whose deployer was killed after its release was recorded: users have it', () => {
    expect(dora(wentLive(1, { ago: DAY }).slice(0, -1)).deployments).toBe(1);
  });

  test('a deploy that began before the window and was live in it counts', () => {
    expect(dora(wentLive(1, { ago: 30 * DAY + MINUTE, after: 2 * MINUTE })).deployments).toBe(1);
  });
});

describe('lead time', () => {
  test('is from the commit to the record as live: median, and the 90th percentile by nearest rank', () => {
    const deploys = [1, 2, 3, 4, 5, 6, 7, 8, 9, 100].map((hours, index) => {
      const began = (20 - index) * DAY;
      return wentLive(index + 1, { ago: began, committed: ago(began - MINUTE + hours * HOUR) });
    });
    expect(dora(...deploys).leadTime).toEqual({ medianMs: 5.5 * HOUR, p90Ms: 9 * HOUR, of: 10 });
  });

  test('is of those deploys alone whose commit is known', () => {
    const known = wentLive(1, { ago: DAY, committed: ago(DAY + HOUR - MINUTE) });
    expect(dora(known, wentLive(2, { ago: HOUR }))).toMatchObject({ deployments: 2, leadTime: { medianMs: HOUR, p90Ms: HOUR, of: 1 } });
    expect(dora(wentLive(1, { ago: HOUR })).leadTime).toEqual({ medianMs: null, p90Ms: null, of: 0 });
  });

  test('reads commit times of any zone', () => {
    expect(dora(wentLive(1, { ago: HOUR, after: 0, committed: '2026-05-31T19:00:00+09:00' })).leadTime.medianMs).toBe(HOUR);
  });

  test('is not negative when the committer’s clock was ahead', () => {
    expect(dora(wentLive(1, { ago: HOUR, committed: ago(0) })).leadTime.medianMs).toBe(0);
  });

  test('is not known of a commit time that is none', () => {
    expect(dora(wentLive(1, { ago: HOUR, committed: 'yesterday' })).leadTime.of).toBe(0);
  });
});

describe('change failure rate', () => {
  test('is the share of deploys whose release a rollback replaced', () => {
    const deploys = [1, 2, 3, 4].map((token) => wentLive(token, { ago: (10 - token) * DAY }));
    expect(dora(...deploys)).toMatchObject({ changeFailureRate: 0, rolledBack: 0 });
    expect(dora(...deploys, rolledBack(5, 3, { ago: DAY }))).toMatchObject({ changeFailureRate: 0.25, rolledBack: 1 });
  });

  test('counts each of several releases that were gone back from in turn', () => {
    const deploys = [1, 2, 3].map((token) => wentLive(token, { ago: (10 - token) * DAY }));
    expect(dora(...deploys, rolledBack(4, 2, { ago: 3 * DAY }), rolledBack(5, 1, { ago: 2 * DAY })).rolledBack).toBe(2);
  });

  test('a rollback over several releases is away from the live one alone', () => {
    const deploys = [1, 2, 3].map((token) => wentLive(token, { ago: (10 - token) * DAY }));
    expect(dora(...deploys, rolledBack(4, 1, { ago: DAY })).rolledBack).toBe(1);
  });

  test('going back from a rollback, to the newer release, is away from no deploy', () => {
    const toAndFro = [rolledBack(3, 1, { ago: 3 * DAY }), rolledBack(4, 2, { ago: 2 * DAY }), rolledBack(5, 1, { ago: DAY })];
    expect(dora(wentLive(1, { ago: 9 * DAY }), wentLive(2, { ago: 8 * DAY }), ...toAndFro)).toMatchObject({ rolledBack: 1, rollbacks: 3 });
  });

  test('a rollback to a release that the journal does not know is away from the live one', () => {
    expect(dora(wentLive(2, { ago: 2 * DAY }), rolledBack(3, 1, { ago: DAY })).rolledBack).toBe(1);
  });

  test('counts a deploy that failed or was stopped after the cut, and took its traffic back: users met it', () => {
    const figures = dora(wentLive(1, { ago: 3 * DAY }), takenBack(2, { ago: 2 * DAY }), takenBack(3, { ago: DAY }, 'interrupted'));
    expect(figures).toMatchObject({ deployments: 1, takenBack: 2, rolledBack: 0, refused: 0 });
    expect(figures.changeFailureRate).toBeCloseTo(2 / 3);
  });

  test('leaves out refused deploys, which are a figure of their own', () => {
    const figures = dora(
      wentLive(1, { ago: 3 * DAY }),
      refused(2, { ago: 2 * DAY }),
      refused(3, { ago: DAY }),
      refused(4, { ago: 40 * DAY }),
    );
    expect(figures).toMatchObject({ changeFailureRate: 0, refused: 2 });
  });

  test('a deploy that failed when its record was to be written, and whose release stayed live, was neither refused nor taken back', () => {
    const records = wentLive(1, { ago: DAY }).filter(({ kind }) => kind !== 'release');
    const failed = records.map((record) => (record.kind === 'ended' ? { ...record, outcome: 'failed' } : record));
    expect(dora(failed)).toMatchObject({ refused: 0, takenBack: 0, deployments: 0 });
  });
});

describe('time to restore', () => {
  test('is from the deploy’s record as live to that of the rollback: the median', () => {
    const figures = dora(
      wentLive(1, { ago: 9 * DAY }),
      wentLive(2, { ago: 8 * DAY }),
      rolledBack(3, 1, { ago: 8 * DAY - 10 * MINUTE }),
      wentLive(4, { ago: 7 * DAY }),
      rolledBack(5, 1, { ago: 7 * DAY - 30 * MINUTE }),
    );
    expect(figures.timeToRestore).toEqual({ medianMs: 20 * MINUTE, of: 2 });
  });

  test('is to the first rollback away from it, when there were several', () => {
    const back = [rolledBack(3, 1, { ago: 3 * DAY }), rolledBack(4, 2, { ago: 2 * DAY }), rolledBack(5, 1, { ago: DAY })];
    expect(dora(wentLive(1, { ago: 9 * DAY }), wentLive(2, { ago: 8 * DAY }), ...back).timeToRestore).toEqual({ medianMs: 5 * DAY, of: 1 });
  });

  test('is of deploys in the window', () => {
    const figures = dora(wentLive(1, { ago: 50 * DAY }), wentLive(2, { ago: 40 * DAY }), rolledBack(3, 1, { ago: DAY }));
    expect(figures).toMatchObject({ timeToRestore: { medianMs: null, of: 0 }, rollbacks: 1 });
  });
});

describe('rollback rate', () => {
  test('is rollbacks for each deployment', () => {
    const deploys = [1, 2, 3, 4].map((token) => wentLive(token, { ago: (10 - token) * DAY }));
    expect(dora(...deploys, rolledBack(5, 3, { ago: DAY })).rollbackRate).toBe(0.25);
  });

  test('is not known without a deployment', () => {
    expect(dora(wentLive(1, { ago: 40 * DAY }), rolledBack(2, 1, { ago: DAY }))).toMatchObject({ rollbacks: 1, rollbackRate: null });
  });

  test('counts no rollback that failed', () => {
    const failed = refused(3, { ago: DAY, command: 'rollback' });
    expect(dora(wentLive(1, { ago: 3 * DAY }), wentLive(2, { ago: 2 * DAY }), failed)).toMatchObject({ rollbacks: 0, refused: 0 });
  });
});

describe('of any history', () => {
  const moment = fc.oneof(
    fc.integer({ min: -DAY, max: 90 * DAY }).map(ago),
    fc.constantFrom('', 'soon', '2026-13-45T99:99:99Z', '2026-05-31T12:00:00+14:00'),
  );
  const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
  const entry: fc.Arbitrary<Entry> = fc.record({
    token: fc.nat(20),
    command: fc.constantFrom('deploy', 'rollback', 'restore', 'undo'),
    version: fc.constant('v1'),
    colour: fc.constant('blue'),
    release: orNull(fc.constantFrom('a', 'b', 'c', 'd')),
    revision: fc.constant(null),
    committed: orNull(moment),
    by: fc.constant(null),
    at: moment,
    ms: orNull(fc.nat()),
    outcome: fc.constantFrom('done', 'failed', 'interrupted', 'cut off', 'running'),
    reason: fc.constant(null),
    step: fc.constant(null),
    cut: orNull(moment),
    undone: fc.boolean(),
    live: orNull(moment),
  });
  const window = fc.integer({ min: MINUTE, max: 3_650 * DAY });
  const numbers = ({ since: _, leadTime, timeToRestore, ...figures }: Dora) =>
    Object.values({ ...figures, ...leadTime, restore: timeToRestore.medianMs, restores: timeToRestore.of });

  test('no figure is negative, endless or no number, and shares are at most 1', () => {
    fc.assert(
      fc.property(fc.array(entry), window, (all, windowMs) => {
        const figures = doraOf(all, windowMs, now);
        for (const figure of numbers(figures)) expect(figure === null || (Number.isFinite(figure) && figure >= 0), `${figure}`).toBe(true);
        expect(figures.changeFailureRate ?? 0).toBeLessThanOrEqual(1);
        expect(figures.rolledBack).toBeLessThanOrEqual(figures.deployments);
        expect(Date.parse(figures.since)).toBeLessThanOrEqual(now);
      }),
    );
  });

  test('a wider window counts no less', () => {
    fc.assert(
      fc.property(fc.array(entry), window, window, (all, one, other) => {
        const [narrow, wide] = [Math.min(one, other), Math.max(one, other)].map((windowMs) => doraOf(all, windowMs, now)) as [Dora, Dora];
        for (const key of ['deployments', 'rollbacks', 'refused', 'takenBack', 'rolledBack'] as const)
          expect(wide[key]).toBeGreaterThanOrEqual(narrow[key]);
      }),
    );
  });

  test('as many deploys were gone back from as there were rollbacks, at most', () => {
    const step = fc.record({ back: fc.boolean(), to: fc.nat(30), hours: fc.integer({ min: 1, max: 20 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let at = 29 * DAY;
        const operations = steps.map(({ back, to, hours }, index) => {
          at -= hours * HOUR;
          return back ? rolledBack(index + 1, to, { ago: at }) : wentLive(index + 1, { ago: at });
        });
        const figures = dora(...operations);
        expect(figures.rolledBack).toBeLessThanOrEqual(figures.rollbacks);
        expect(figures.deployments + figures.rollbacks).toBe(steps.length);
      }),
    );
  });
});
