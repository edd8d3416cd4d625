import { describe, expect, test } from 'vitest';
import type { OperationRecord } from '../../../scripts/lib/deploy/journal.js';
import { problemsOf } from '../../../scripts/lib/status/status.js';
import { container, healthy, operation } from './statuses.js';

test('a stack where all is well has no problems', () => {
  expect(problemsOf(healthy())).toEqual([]);
});

test('a stack of which nothing is there has one thing to say', () => {
  expect(problemsOf(healthy({ base: [], live: undefined, colours: { blue: [], green: [] } }))).toEqual(['nothing is deployed yet']);
});

test('a base without a release is told', () => {
  expect(problemsOf(healthy({ live: undefined, colours: { blue: [], green: [] } }))).toEqual(['no release is live']);
});

describe('containers', () => {
  test.each([
    [{ state: 'exited' }, 'exited'],
    [{ state: 'restarting' }, 'restarting'],
    [{ state: 'running', health: 'unhealthy' }, 'unhealthy'],
    [{ state: 'exited', health: 'unhealthy' }, 'exited'],
  ])('of the base that are not well are told: %j', (change, word) => {
    expect(problemsOf(healthy({ base: [container('edge', { name: 'shop-edge-1', ...change })] }))).toEqual([`shop-edge-1 is ${word}`]);
  });

  test.each([{ health: 'starting' }, { health: undefined }])('that are starting or have no health check are no problem: %j', (change) => {
    expect(problemsOf(healthy({ base: [container('edge', change)] }))).toEqual([]);
  });

  test('of the live colour that are not well are told with the colour', () => {
    const green = [container('backend', { name: 'shop-green-backend-1', health: 'unhealthy' })];
    expect(problemsOf(healthy({ colours: { blue: [], green } }))).toEqual(['shop-green-backend-1 is unhealthy, and green is live']);
  });

  test('of the live colour that are yet to be started are told once nothing runs that would', () => {
    const green = [container('worker', { name: 'shop-green-worker-1', state: 'created', health: undefined })];
    const colours = { blue: [], green };
    expect(problemsOf(healthy({ colours }))).toEqual(['shop-green-worker-1 is created, and green is live']);
    expect(problemsOf(healthy({ colours, running: { command: 'deploy v2', by: 'ann', since: '' } }))).toEqual([]);
  });

  test('of the idle colour may be stopped, sick or of any version', () => {
    const blue = [container('backend', { state: 'exited', version: 'v1' }), container('worker', { health: 'unhealthy', version: 'v0' })];
    expect(problemsOf(healthy({ colours: { blue, green: [container('backend')] } }))).toEqual([]);
  });

  test('of the live colour that are of another version are told', () => {
    const green = [container('backend', { name: 'shop-green-backend-1', version: 'v1' })];
    expect(problemsOf(healthy({ colours: { blue: [], green } }))).toEqual(['shop-green-backend-1 is of v1, and v2 is live']);
  });

  test('of the edge and the live colour that lost the network are told, those of the idle colour are not', () => {
    const apart = (service: string, name: string) => container(service, { name, apart: true });
    const blue = [apart('backend', 'shop-blue-backend-1')];
    const green = [apart('backend', 'shop-green-backend-1')];
    const problems = problemsOf(healthy({ base: [apart('edge', 'shop-edge-1')], colours: { blue, green } }));
    expect(problems).toEqual(
      ['shop-edge-1', 'shop-green-backend-1'].map((name) => `${name} is not in the edge's network, so nothing reaches it`),
    );
  });

  test('a live colour that has none is told', () => {
    expect(problemsOf(healthy({ colours: { blue: [container('backend')], green: [] } }))).toEqual(['green is live and has no containers']);
  });
});

describe('operations', () => {
  const cutOff: OperationRecord = operation({ outcome: undefined, step: 'check', version: 'v3' });

  test('the last one, when its deployer was killed, is told with its step', () => {
    expect(problemsOf(healthy({ operations: [cutOff] }))).toEqual(['deploy v3 was cut off at "check"']);
  });

  test('one that still runs is no problem', () => {
    expect(problemsOf(healthy({ operations: [cutOff], running: { command: 'deploy v3', by: 'me', since: 'now' } }))).toEqual([]);
  });

  test('one that was cut off is told while another operation holds the lock, which has written nothing yet', () => {
    const running = { command: 'start', by: 'me', since: '2026-05-01T11:59:00.000Z' };
    expect(problemsOf(healthy({ operations: [cutOff], running }))).toEqual(['deploy v3 was cut off at "check"']);
  });

  test('one that was cut off before another ended well is no problem any more', () => {
    expect(problemsOf(healthy({ operations: [operation(), cutOff] }))).toEqual([]);
  });

  test('one that failed left the old state standing, so it is no problem', () => {
    expect(problemsOf(healthy({ operations: [operation({ outcome: 'failed', reason: 'sick' })] }))).toEqual([]);
  });
});

test('every problem is told, in the order base, colours, operations', () => {
  const problems = problemsOf(
    healthy({
      base: [container('redis', { name: 'shop-redis-1', state: 'exited' })],
      colours: { blue: [], green: [container('backend', { name: 'shop-green-backend-1', state: 'dead', version: 'v1' })] },
      operations: [operation({ outcome: undefined, step: 'cut' })],
    }),
  );
  expect(problems).toEqual([
    'shop-redis-1 is exited',
    'shop-green-backend-1 is dead, and green is live',
    'shop-green-backend-1 is of v1, and v2 is live',
    'deploy v2 was cut off at "cut"',
  ]);
});

test('a stack whose base was removed by hand while its colours run is not told as one that was never deployed', () => {
  const problems = problemsOf(healthy({ base: [], live: undefined, colours: { blue: [], green: [container('backend')] } }));
  expect(problems).toEqual(['the base (edge, postgres, redis) is gone']);
});
