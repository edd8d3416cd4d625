import { describe, expect, test } from 'vitest';
import type { JournalRecord } from '../../../scripts/lib/deploy/journal.js';
import { planDeploy } from '../../../scripts/lib/deploy/plan.js';
import { LineOfReleases } from '../../helpers/kills/line-of-releases.js';
import { struckIn } from '../../helpers/kills/matrix.js';
import { edgeOf, partsOf, pointsOf, sayPoint, stageOf, undosOf } from '../../helpers/kills/points.js';
import { seeded } from '../../helpers/kills/random.js';
import { appService, stackState } from '../fixtures.js';

const record = (kind: string, step?: string, at = '2026-01-01T00:00:00.000Z'): JournalRecord => ({ kind, token: 7, at, step });
const goal = {
  how: 'deploy',
  version: 'v2',
  services: [appService('web', { role: 'web', port: 80 })],
  retire: 'stop',
  backup: false,
} as const;
const steps = planDeploy(stackState('blue'), goal);

describe('the points of a deploy', () => {
  const parts = partsOf(steps, [{ id: 'cut', milliseconds: 300 }]);
  const points = pointsOf(parts);

  test('are those of every step of the plan, whatever steps it has, and the beginning and end of the whole', () => {
    expect(points.slice(0, 2).map(sayPoint)).toEqual(['before the operation', 'unwritten the operation']);
    for (const { id } of steps)
      for (const moment of ['before', 'middle', 'unwritten', 'after']) expect(points.map(sayPoint)).toContain(`${moment} ${id}`);
    expect(points).toHaveLength(2 + steps.length * 4);
    expect(parts.find(({ id }) => id === 'cut')?.milliseconds).toBe(300);
  });

  test('are each followed by another command than the other points of the same step', () => {
    for (const { id } of steps) {
      const followUps = struckIn(points).filter(({ point }) => point.part.id === id);
      expect(new Set(followUps.map(({ followUp }) => followUp)).size).toBe(4);
    }
  });
});

test('a part is known by its records: a step by its name, what is undone by its place', () => {
  const step = { of: 'step', id: 'cut', milliseconds: 0 } as const;
  expect(edgeOf(step, record('step-began', 'cut'), [])).toBe('beginning');
  expect(edgeOf(step, record('step-done', 'cut'), [])).toBe('end');
  expect(edgeOf(step, record('step-began', 'verify'), [])).toBeUndefined();
  const second = { of: 'undo', id: 'undo: …', milliseconds: 0, nth: 1 } as const;
  expect(edgeOf(second, record('undo-began', 'cut back'), [])).toBeUndefined();
  expect(edgeOf(second, record('undo-began', 'stop'), [record('undo-began', 'cut back')])).toBe('beginning');
});

test('what was undone, and how long it took, is read from the journal', () => {
  const trace = [record('undo-began', 'cut back to blue'), record('undo-done', 'cut back to blue', '2026-01-01T00:00:00.250Z')];
  expect(undosOf(trace)).toEqual([{ of: 'undo', id: 'undo: cut back to …', milliseconds: 250, nth: 0 }]);
});

test.each([
  ['nothing', [], undefined],
  ['not cut', [record('began'), record('step-began', 'check')], record('step-done', 'check')],
  ['either', [record('began'), record('step-began', 'cut')], undefined],
  ['cut', [record('began'), record('step-began', 'cut')], record('step-done', 'cut')],
  ['cut', [record('began'), record('step-began', 'cut'), record('step-done', 'cut')], record('ended')],
  ['either', [record('began'), record('step-began', 'cut'), record('step-done', 'cut'), record('undo-began', 'cut back')], undefined],
  ['nothing', [record('began'), record('ended')], undefined],
] as const)('how far an operation had come is told by its records: %s', (stage, trace, lost) => {
  expect(stageOf(trace, lost, 'cut')).toBe(stage);
});

test('going back takes releases off the line, and going forward again puts them back', () => {
  const line = new LineOfReleases();
  for (const version of ['v1', 'v2', 'v3']) line.goesLive(version);
  line.goesLive('v2');
  expect([line.before, line.live, line.ahead]).toEqual(['v1', 'v2', 'v3']);
  line.goesLive('v3');
  expect([line.before, line.live, line.ahead]).toEqual(['v2', 'v3', undefined]);
});

test('the same seed gives the same numbers, all from 0 to 1', () => {
  const [one, other] = [seeded(42), seeded(42)];
  const numbers = Array.from({ length: 1_000 }, one);
  expect(Array.from({ length: 1_000 }, other)).toEqual(numbers);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  expect(new Set(numbers).size).toBe(1_000);
});
