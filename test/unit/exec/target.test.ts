import { describe, expect, test } from 'vitest';
import { SlipwayError, UsageError } from '../../../scripts/lib/errors.js';
import { targetOf, type Wanted } from '../../../scripts/lib/exec/target.js';
import { containerState, stackState } from '../fixtures.js';

const replica = (service: string, number: number, state = 'running') =>
  containerState(service, { id: `${service}-${number}`, name: `shop-blue-${service}-${number}`, number, state });
const state = {
  ...stackState('blue', [replica('backend', 2), replica('backend', 1), replica('worker', 1, 'exited')]),
  base: [containerState('postgres', { name: 'shop-postgres-1' }), containerState('edge')],
};
state.colours.green = [containerState('backend', { id: 'green-backend', name: 'shop-green-backend-1' }), containerState('old-thing')];

const find = (service: string, rest: Partial<Wanted> = {}, of: typeof state = state) =>
  targetOf(of, { service, colour: undefined, replica: undefined, ...rest });

function refusal(...given: Parameters<typeof find>): SlipwayError {
  try {
    find(...given);
  } catch (error) {
    if (error instanceof SlipwayError) return error;
    throw error;
  }
  throw new Error('it was found');
}

describe('the container that is meant', () => {
  test('is the first one of the live colour that runs', () => {
    expect(find('backend')).toMatchObject({ colour: 'blue', container: { id: 'backend-1' } });
    const crashed = stackState('blue', [replica('backend', 1, 'restarting'), replica('backend', 2)]);
    expect(find('backend', {}, { ...state, ...crashed, base: [] })).toMatchObject({ container: { id: 'backend-2' } });
  });

  test('is that of the other colour, or another replica, when that is said', () => {
    expect(find('backend', { colour: 'green' })).toMatchObject({ colour: 'green', container: { id: 'green-backend' } });
    expect(find('backend', { replica: 2 })).toMatchObject({ container: { id: 'backend-2' } });
  });

  test('of the base has no colour, whatever is live', () => {
    expect(find('postgres')).toMatchObject({ colour: undefined, container: { name: 'shop-postgres-1' } });
    expect(find('postgres', {}, { ...state, live: undefined })).toMatchObject({ colour: undefined });
  });
});

describe('it is told as usage', () => {
  test('that there is no such service, which there are, and which one may be meant', () => {
    const error = refusal('bakend');
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toBe('there is no service "bakend"; did you mean backend?');
    expect(error.hints).toEqual(['there are: backend, edge, old-thing, postgres, worker']);
  });

  test('that nothing is there at all', () => {
    expect(refusal('backend', {}, { ...state, ...stackState(undefined), base: [] }).hints).toEqual(['nothing is deployed yet']);
  });

  test('that the base has no colour', () => {
    expect(refusal('postgres', { colour: 'green' }).message).toBe('--colour: postgres belongs to the base, which has no colour');
  });

  test('that a colour does not have the service', () => {
    expect(refusal('old-thing')).toMatchObject({ message: 'blue has no old-thing, and is live', hints: ['it has: backend, worker'] });
    expect(refusal('worker', { colour: 'green' })).toMatchObject({ message: 'green has no worker', exitCode: 2 });
  });

  test('which replicas there are', () => {
    expect(refusal('backend', { replica: 3 }).message).toBe('--replica: should be 1 or 2 of backend in blue, got 3');
    expect(refusal('edge', { replica: 2 }).message).toBe('--replica: should be 1 of edge in the base, got 2');
  });
});

describe('it is told as a failure', () => {
  test('that the container does not run', () => {
    expect(refusal('worker')).toMatchObject({ message: 'shop-blue-worker-1 is exited', exitCode: 1 });
  });

  test('that nothing is live, with the way to say which colour is meant', () => {
    const error = refusal('backend', {}, { ...state, live: undefined });
    expect(error).toMatchObject({ message: 'no release is live', exitCode: 1, hints: ['name a colour: --colour blue or --colour green'] });
  });
});
