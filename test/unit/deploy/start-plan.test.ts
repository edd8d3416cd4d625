import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { otherColour } from '../../../scripts/lib/config/names.js';
import { planStart, type StartStep } from '../../../scripts/lib/deploy/power/start-plan.js';
import type { ContainerState, State } from '../../../scripts/lib/deploy/state.js';
import { UsageError } from '../../../scripts/lib/errors.js';
import { stackState } from '../fixtures.js';
import { aliveIn, anyStack, changed, everything, ofBase, ofColour, stoppedStack, wholeStack } from './stacks.js';

const titles = (steps: readonly StartStep[]) => steps.map(({ title }) => title);

describe('the story of a start', () => {
  test('what others use is healthy before them, and clients are let in once somebody serves them', () => {
    expect(titles(planStart(stoppedStack()))).toEqual([
      'start postgres, redis',
      'start cron, files',
      'start backend in blue',
      'start edge',
      'wait until the edge serves v1',
      'start worker in blue',
      'start scheduler in blue',
    ]);
  });

  test('of a stack that runs there is nothing to do', () => {
    expect(planStart(wholeStack())).toEqual([]);
  });

  test('a part that is down is started alone; the edge is asked when something that clients meet was', () => {
    const state = wholeStack();
    state.colours.blue = [
      ofColour('blue', 'backend', 'web', { state: 'exited', health: undefined }),
      ...state.colours.blue.filter(({ service }) => service !== 'backend'),
    ];
    expect(titles(planStart(state))).toEqual(['start backend in blue', 'wait until the edge serves v1']);
    expect(titles(planStart(changed(wholeStack(), ['blue-worker'], 'down')))).toEqual(['start worker in blue']);
  });

  test('what runs and is not healthy yet is waited for', () => {
    const state = changed(wholeStack(), ['blue-worker'], 'down');
    state.colours.blue = state.colours.blue.map((one): ContainerState => ({ ...one, state: 'running', health: 'starting' }));
    expect(titles(planStart(state)).slice(0, 1)).toEqual(['wait for backend in blue']);
  });

  test('an ill cron container is no reason to do anything: whether backups work is told elsewhere', () => {
    const state = wholeStack();
    state.base = state.base.map((one) => (one.service === 'cron' ? { ...one, health: 'unhealthy' } : one));
    expect(planStart(state)).toEqual([]);
  });

  test('an edge that runs and is not well has to answer', () => {
    const state = wholeStack();
    state.base = state.base.map((one) => (one.service === 'edge' ? { ...one, health: 'unhealthy' } : one));
    expect(titles(planStart(state))).toEqual(['wait until the edge serves v1']);
  });

  test('where a container of the base is missing, Compose makes it', () => {
    const state = stoppedStack();
    state.base = state.base.filter(({ service }) => service !== 'redis');
    expect(titles(planStart(state)).slice(0, 2)).toEqual(['have the base up: there is no redis', 'start backend in blue']);
  });

  test('a colour that was kept warm is left down', () => {
    const state = stoppedStack();
    state.colours.green = [ofColour('green', 'backend', 'web', { state: 'exited' })];
    expect(titles(planStart(state))).toEqual(titles(planStart(stoppedStack())));
  });

  test('a singleton that runs in the other colour is stopped before the live one starts', () => {
    const state = stoppedStack();
    state.colours.green = [ofColour('green', 'scheduler', 'singleton')];
    expect(titles(planStart(state)).slice(-2)).toEqual(['stop scheduler in green', 'start scheduler in blue']);
  });
});

describe('what cannot be started', () => {
  test('nothing was deployed', () => {
    const hints = ['deploy one: npx zx scripts/deploy.mjs <version>'];
    expect(() => planStart(stackState(undefined))).toThrow(expect.objectContaining({ hints, exitCode: 2 }));
    expect(() => planStart({ ...stackState(undefined), base: [ofBase('edge')] })).toThrow('there is no release to be started');
  });

  test('the live release has no containers any more', () => {
    expect(() => planStart({ ...stoppedStack(), colours: { blue: [], green: [] } })).toThrow(
      expect.objectContaining({
        message: 'v1 (blue) was live, and its containers are gone',
        hints: ['deploy it once more: npx zx scripts/deploy.mjs v1'],
      }),
    );
  });
});

describe('whatever runs', () => {
  const baseIds = ['edge', 'postgres', 'redis', 'cron', 'files'].map((service) => `id-of-${service}`);

  /** What a step leads to; Compose makes the base whole. */
  function after(state: State, step: StartStep): State {
    if (step.kind === 'answer') return changed(state, ['id-of-edge'], 'up');
    if (step.kind !== 'base-up')
      return changed(
        state,
        step.containers.map(({ id }) => id),
        step.kind === 'stop' ? 'down' : 'up',
      );
    const missing = baseIds.filter((id) => !state.base.some((one) => one.id === id)).map((id) => ofBase(id.replace('id-of-', '')));
    return changed({ ...state, base: [...state.base, ...missing] }, baseIds, 'up');
  }

  /** Follows the plan of each stack that can be started. */
  const always = (check: (given: State, moments: { step: StartStep; before: State; after: State }[]) => void) =>
    fc.assert(
      fc.property(anyStack, (given) => {
        // The edge is what tells that something is live.
        const hasEdge = given.base.some(({ service }) => service === 'edge');
        fc.pre(given.live !== undefined && hasEdge && given.colours[given.live.colour].length > 0);
        let state = given;
        check(
          given,
          planStart(given).map((step) => {
            const before = state;
            state = after(state, step);
            return { step, before, after: state };
          }),
        );
      }),
      { numRuns: 500 },
    );

  test('in the end the base and the live colour run, and a second start has nothing to do', () => {
    always((given, moments) => {
      const end = moments.at(-1)?.after ?? given;
      const live = end.live?.colour ?? 'blue';
      for (const { id } of [...end.base, ...end.colours[live]]) expect(aliveIn(end)).toContain(id);
      expect(planStart(end)).toEqual([]);
    });
  });

  test('no step starts a singleton while one of the other colour runs, and in the end none does', () => {
    always((given, moments) => {
      const other = otherColour(given.live?.colour ?? 'blue');
      const rivals = (state: State) => state.colours[other].filter(({ id, role }) => role === 'singleton' && aliveIn(state).includes(id));
      for (const { step, before } of moments) {
        if (step.kind === 'start' && step.containers.some(({ role }) => role === 'singleton')) expect(rivals(before)).toEqual([]);
      }
      expect(rivals(moments.at(-1)?.after ?? given)).toEqual([]);
    });
  });

  test('nothing of the app is started before Postgres and Redis run, and no worker before the web services', () => {
    always((given, moments) => {
      for (const { step, before } of moments) {
        if (step.kind !== 'start' || step.where === 'base') continue;
        expect(aliveIn(before)).toEqual(expect.arrayContaining(['id-of-postgres', 'id-of-redis']));
        if (step.containers.every(({ role }) => role === 'web')) continue;
        const web = before.colours[given.live?.colour ?? 'blue'].filter(({ role }) => role === 'web').map(({ id }) => id);
        expect(aliveIn(before)).toEqual(expect.arrayContaining(web));
      }
    });
  });

  test('of the idle colour nothing is started', () => {
    always((given, moments) => {
      const idle = given.colours[otherColour(given.live?.colour ?? 'blue')].map(({ id }) => id);
      const started = moments.flatMap(({ step }) => (step.kind === 'start' ? step.containers.map(({ id }) => id) : []));
      expect(started.filter((id) => idle.includes(id))).toEqual([]);
      expect(new Set(started).size).toBe(started.length);
    });
  });

  test('what cannot be started is refused, and nothing else is', () => {
    fc.assert(
      fc.property(anyStack, (given) => {
        const possible = given.live !== undefined && given.colours[given.live.colour].length > 0;
        if (possible) expect(planStart(given).length).toBeLessThanOrEqual(everything(given).length + 2);
        else expect(() => planStart(given)).toThrow(UsageError);
      }),
    );
  });
});
