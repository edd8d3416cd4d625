import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planStop, type Removal, type StopStep } from '../../../scripts/lib/deploy/power/stop-plan.js';
import type { State } from '../../../scripts/lib/deploy/state.js';
import { stackState } from '../fixtures.js';
import { aliveIn, anyStack, changed, everything, ofColour, stoppedStack, wholeStack } from './stacks.js';

const titles = (steps: readonly StopStep[]) => steps.map(({ title }) => title);
const idsOf = (step: StopStep) => (step.kind === 'stop' ? step.containers.map(({ id }) => id) : []);
const removal: Removal = {
  containers: [{ id: '1', name: 'shop-edge-1' }],
  networks: [
    { id: '2', name: 'shop-app' },
    { id: '3', name: 'shop-data' },
  ],
  volumes: ['shop_postgres', 'shop_redis'],
  held: ['shop-journal'],
};

describe('the story of a stop', () => {
  test('jobs end first, then nobody is let in, then what served; what the rest works with is last', () => {
    expect(titles(planStop(wholeStack()))).toEqual([
      'stop scheduler, worker in blue',
      'stop edge',
      'stop backend in blue',
      'stop cron, files',
      'stop postgres, redis',
    ]);
  });

  test('what still runs in the idle colour is stopped before the edge', () => {
    const state = wholeStack();
    state.colours.green = [ofColour('green', 'backend', 'web'), ofColour('green', 'worker', 'worker')];
    expect(titles(planStop(state)).slice(0, 4)).toEqual([
      'stop scheduler, worker in blue',
      'stop worker in green',
      'stop backend in green',
      'stop edge',
    ]);
  });

  test('a container between two crashes is stopped; one that has ended is not', () => {
    const state = stoppedStack();
    state.colours.blue = [ofColour('blue', 'backend', 'web', { state: 'restarting', health: undefined })];
    expect(titles(planStop(state))).toEqual(['stop backend in blue']);
  });

  test('of a stack that is stopped, or was never there, nothing is stopped', () => {
    expect(planStop(stoppedStack())).toEqual([]);
    expect(planStop(stackState(undefined))).toEqual([]);
  });
});

describe('removing', () => {
  test('comes after everything is stopped; what holds the lock is last', () => {
    expect(titles(planStop(wholeStack(), removal)).slice(4)).toEqual([
      'stop postgres, redis',
      'remove 1 container',
      'remove the networks shop-app, shop-data',
      'remove 2 volumes',
      'give the lock back, and remove the 1 volume that it holds',
    ]);
  });

  test('leaves the volumes alone unless they are named', () => {
    const kinds = planStop(stoppedStack(), { ...removal, volumes: [], held: [] }).map(({ kind }) => kind);
    expect(kinds).toEqual(['remove-containers', 'remove-networks']);
  });

  test('of what is gone already is no step', () => {
    expect(planStop(stackState(undefined), { containers: [], networks: [], volumes: [], held: [] })).toEqual([]);
  });
});

describe('whatever runs', () => {
  /** Follows the plan: what is alive before each step and after it. */
  const always = (check: (given: State, moments: { stopping: string[]; before: State; after: State }[]) => void) =>
    fc.assert(
      fc.property(anyStack, (given) => {
        let state = given;
        const moments = planStop(given).map((step) => {
          const before = state;
          state = changed(state, idsOf(step), 'down');
          return { stopping: idsOf(step), before, after: state };
        });
        check(given, moments);
      }),
      { numRuns: 500 },
    );

  test('in the end nothing runs, and each container was stopped once', () => {
    always((given, moments) => {
      expect(aliveIn(moments.at(-1)?.after ?? given)).toEqual([]);
      expect(moments.flatMap(({ stopping }) => stopping).sort()).toEqual(aliveIn(given).sort());
    });
  });

  test('Postgres and Redis are stopped when nothing else runs any more', () => {
    const stores = ['id-of-postgres', 'id-of-redis'];
    always((_, moments) => {
      for (const { stopping, before } of moments) {
        if (stores.some((id) => stopping.includes(id))) expect(aliveIn(before).filter((id) => !stores.includes(id))).toEqual([]);
      }
    });
  });

  test('no web service of the live colour is stopped while the edge lets clients in', () => {
    always(({ live }, moments) => {
      for (const { stopping, before } of moments) {
        const ofWeb = everything(before).some(
          ({ id, role }) => role === 'web' && id.startsWith(`${live?.colour}-`) && stopping.includes(id),
        );
        if (ofWeb) expect(aliveIn(before)).not.toContain('id-of-edge');
      }
    });
  });

  test('no worker runs any more when a web service of its colour, or cron, is stopped', () => {
    always((_, moments) => {
      for (const { stopping, before } of moments) {
        const alive = everything(before).filter(({ id }) => aliveIn(before).includes(id));
        const workers = alive.filter(({ role }) => role === 'worker' || role === 'singleton').map(({ id }) => id);
        const webOf = (colour: string) => alive.some(({ id, role }) => role === 'web' && id.startsWith(colour) && stopping.includes(id));
        for (const colour of ['blue', 'green']) if (webOf(colour)) expect(workers.filter((id) => id.startsWith(colour))).toEqual([]);
        if (stopping.includes('id-of-cron')) expect(workers).toEqual([]);
      }
    });
  });
});
