import { describe, expect, test } from 'vitest';
import { containersOf, type DevContainer, runningOf } from '../../../scripts/lib/dev/containers.js';
import { type SlipwayError, UsageError } from '../../../scripts/lib/errors.js';

const container = (service: string, state: DevContainer['state'], running: boolean): DevContainer => ({
  id: `${service}-${state}`,
  name: `shop-dev-${service}-1`,
  service,
  state,
  running,
});
const all = [
  container('backend', 'up', true),
  container('worker', 'failed', false),
  container('worker', 'failed', true),
  container('migrate', 'done', false),
  container('edge', 'waiting', false),
];

function refusal(work: () => unknown): SlipwayError {
  try {
    work();
  } catch (error) {
    return error as SlipwayError;
  }
  throw new Error('it was accepted');
}

describe('a running container of a service', () => {
  test('is found, also when it is ill', () => {
    expect(runningOf(all, 'backend').id).toBe('backend-up');
    expect(runningOf(all, 'worker').running).toBe(true);
  });

  test('is not there when the service has done its work, or has not begun', () => {
    expect(refusal(() => runningOf(all, 'migrate')).message).toBe('migrate has done its work and does not run');
    expect(refusal(() => runningOf(all, 'edge')).message).toBe('edge does not run');
  });
});

test('a service that there is not is told with those that there are', () => {
  const refused = refusal(() => containersOf(all, 'backned'));
  expect(refused).toBeInstanceOf(UsageError);
  expect(refused.hints).toEqual(['it has backend, edge, migrate, worker']);
});

test('without any container the stack is not up, and that is no wrong usage', () => {
  const refused = refusal(() => containersOf([], 'backend'));
  expect(refused).toMatchObject({ message: 'the development stack is not up', exitCode: 1, hints: ['type: npm run dev:up'] });
});
