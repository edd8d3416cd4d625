import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { otherColour } from '../../../scripts/lib/config/names.js';
import { type Goal, grouped, idleColour, planDeploy, type Step, type StepKind } from '../../../scripts/lib/deploy/plan.js';
import type { State } from '../../../scripts/lib/deploy/state.js';
import { appService, containerState, stackState } from '../fixtures.js';

const web = appService('backend', { role: 'web', port: 8000, route: { path: '/api/' } });
const worker = appService('worker');
const singleton = appService('scheduler', { role: 'singleton' });
const goal = (services: Goal['services'], retire: Goal['retire'] = 'stop', backup = false): Goal => ({
  how: 'deploy',
  version: 'v2',
  services,
  retire,
  backup,
});
const app = goal([web, worker, singleton]);
const old = [containerState('backend'), containerState('worker', { role: 'worker' }), containerState('scheduler', { role: 'singleton' })];

/** @returns the steps' ids, those that are beside each other joined by "+" */
const story = (steps: readonly Step[]) => grouped(steps).map((group) => group.map(({ id }) => id).join(' + '));
const find = <Kind extends StepKind>(steps: readonly Step[], kind: Kind) =>
  steps.find((step): step is Extract<Step, { kind: Kind }> => step.kind === kind);

describe('the story of a rollback', () => {
  const back = (how: Goal['how'], takeBack: Goal['takeBack'] = []): Goal => ({ ...app, how, takeBack });

  test('builds and migrates nothing, and checks before the cut', () => {
    expect(story(planDeploy(stackState('blue', old), back('rollback')))).toEqual([
      'base',
      'start-web',
      'healthy + stage + create-workers',
      'check',
      'cut',
      'verify',
      'start-workers + hand-over + drain',
      'retire',
      'record',
    ]);
  });

  test('has the assets of the release kept before traffic goes there, also where nothing is started', () => {
    const services = [{ ...web, assets: [{ folder: '/app/assets' }] }];
    expect(story(planDeploy(stackState('blue', old), { ...back('rollback'), services }))).toContain('check + keep-assets');
    expect(story(planDeploy(stackState('green', old), { ...back('warm-rollback'), services })).slice(0, 2)).toEqual(['keep-assets', 'cut']);
    expect(story(planDeploy(stackState('green', old), { ...back('resume'), services })).slice(0, 3)).toEqual([
      'base',
      'keep-assets',
      'take-up',
    ]);
  });

  test('to a warm colour begins with the cut', () => {
    const steps = planDeploy(stackState('green', old), back('warm-rollback'));
    expect(story(steps)).toEqual(['cut', 'verify', 'start-workers + hand-over + drain', 'retire', 'record']);
    expect(find(steps, 'cut')).toMatchObject({ from: 'green', to: 'blue' });
  });

  test('takes migrations back before anything of the older release is started', () => {
    const steps = planDeploy(stackState('blue', old), back('rollback', [{ service: 'backend', names: ['b', 'a'] }]));
    expect(story(steps).slice(0, 3)).toEqual(['base', 'migrate-down-backend', 'start-web']);
    expect(find(steps, 'migrate-down')).toMatchObject({ title: 'take back b, a (backend)', names: ['b', 'a'] });
  });
});

describe('the story of a deploy', () => {
  test('the first: to blue, nothing to drain or to retire', () => {
    const steps = planDeploy(stackState(undefined), app);
    expect(story(steps)).toEqual([
      'images + base',
      'start-web',
      'healthy + stage + create-workers',
      'check',
      'cut',
      'verify',
      'start-workers + hand-over',
      'record',
    ]);
    expect(find(steps, 'cut')).toMatchObject({ from: undefined, to: 'blue', title: 'cut to blue' });
  });

  test('an upgrade: to the other colour, which drains and is stopped', () => {
    const steps = planDeploy(stackState('blue', old), app);
    expect(story(steps)).toEqual([
      'images + base',
      'start-web',
      'healthy + stage + create-workers',
      'check',
      'cut',
      'verify',
      'start-workers + hand-over + drain',
      'retire',
      'record',
    ]);
    expect(find(steps, 'cut')).toMatchObject({ from: 'blue', to: 'green', title: 'cut from blue to green' });
    expect(find(steps, 'drain')).toMatchObject({ colour: 'blue' });
    expect(find(steps, 'retire')).toMatchObject({ colour: 'blue', mode: 'stop', title: 'stop blue' });
  });

  test('migrations and tasks come before anything of the release starts, each service in its turn', () => {
    const migrating = appService('backend', {
      role: 'web',
      port: 8000,
      route: { path: '/' },
      migrate: { run: ['m', 'up'], pending: ['m', 'pending'] },
      release: [['collect']],
      once: [['seed']],
    });
    const billing = appService('billing', { migrate: { run: ['b'] } });
    const steps = planDeploy(stackState('green', old), goal([migrating, billing]));
    expect(story(steps).slice(0, 5)).toEqual(['images + base', 'migrate-backend', 'migrate-billing', 'tasks', 'start-web']);
    expect(find(steps, 'migrate')).toMatchObject({ colour: 'blue', service: 'backend', run: ['m', 'up'], pending: ['m', 'pending'] });
    expect(find(steps, 'tasks')?.tasks).toEqual([
      { service: 'backend', command: ['seed'], when: 'once' },
      { service: 'backend', command: ['collect'], when: 'release' },
    ]);
  });

  test('assets are kept beside the checks: the release runs by then, and gets no traffic yet', () => {
    const frontend = appService('frontend', { role: 'web', port: 3000, route: { path: '/' }, assets: '/app/dist/assets' });
    const steps = planDeploy(stackState('blue', old), goal([web, frontend]));
    expect(story(steps).slice(2, 5)).toEqual(['healthy + stage', 'check + keep-assets', 'cut']);
    expect(find(steps, 'keep-assets')).toMatchObject({ colour: 'green', services: ['frontend'], title: 'keep the assets of v2' });
  });

  test('an app without workers creates and starts none', () => {
    const steps = planDeploy(stackState('blue', [containerState('backend')]), goal([web]));
    expect(story(steps)).toEqual(['images + base', 'start-web', 'healthy + stage', 'check', 'cut', 'verify', 'drain', 'retire', 'record']);
  });

  test('an app with workers and no singletons hands nothing over', () => {
    const steps = planDeploy(stackState('blue', old.slice(0, 2)), goal([web, worker]));
    expect(story(steps)).toContain('start-workers + drain');
    expect(find(steps, 'create-workers')).toMatchObject({ services: ['worker'] });
  });

  test('a singleton that the new release does not have any more is still stopped', () => {
    const steps = planDeploy(stackState('blue', old), goal([web, worker]));
    expect(find(steps, 'hand-over')).toMatchObject({
      from: 'blue',
      to: 'green',
      services: [],
      old: ['scheduler'],
      title: 'hand over scheduler',
    });
    expect(find(steps, 'create-workers')).toMatchObject({ services: ['worker'] });
  });

  test('a singleton that is new is handed over from nobody', () => {
    const steps = planDeploy(stackState('blue', [containerState('backend')]), app);
    expect(find(steps, 'hand-over')).toMatchObject({ services: ['scheduler'], old: [], title: 'hand over scheduler' });
  });

  test('a service that was a singleton and is a worker now is stopped before it would run twice', () => {
    const steps = planDeploy(stackState('blue', old), goal([web, appService('scheduler')]));
    expect(find(steps, 'hand-over')).toMatchObject({ services: [], old: ['scheduler'] });
    expect(find(steps, 'start-workers')).toMatchObject({ services: ['scheduler'] });
  });

  describe('a canary', () => {
    const bake = { milliseconds: 60_000, always: true };

    test('is tried on rising shares, watched each time, before the cut', () => {
      const steps = planDeploy(stackState('blue', old), { ...app, canary: [5, 50], bake });
      expect(story(steps).slice(4)).toEqual([
        'canary-5',
        'bake-5',
        'canary-50',
        'bake-50',
        'cut',
        'verify',
        'bake',
        'start-workers + hand-over + drain',
        'retire',
        'record',
      ]);
      expect(find(steps, 'canary')).toMatchObject({ from: 'blue', to: 'green', share: 5, title: 'send 5 % of the clients to green' });
      expect(find(steps, 'bake')).toMatchObject({ from: 'blue', colour: 'green', ...bake, title: 'watch green for 1 min 00 s' });
    });

    test('of the first release has nobody to share with, and nothing to be compared with', () => {
      expect(planDeploy(stackState(undefined), { ...app, canary: [5], bake })).toEqual(planDeploy(stackState(undefined), app));
    });
  });

  describe('the backup before migrations', () => {
    const migrating = appService('backend', { migrate: { run: ['m', 'up'], pending: ['m', 'pending'] } });

    test('comes after the base is up and before the first migration, and knows how to ask what is pending', () => {
      const steps = planDeploy(stackState('green', old), goal([migrating, web], 'stop', true));
      expect(story(steps).slice(0, 3)).toEqual(['images + base', 'backup', 'migrate-backend']);
      expect(find(steps, 'backup')).toMatchObject({ migrations: [{ service: 'backend', pending: ['m', 'pending'] }] });
    });

    test('is left out where nothing migrates, before the first release, and when the person says so', () => {
      expect(story(planDeploy(stackState('green', old), goal([web], 'stop', true)))).not.toContain('backup');
      expect(story(planDeploy(stackState(undefined), goal([migrating], 'stop', true)))).not.toContain('backup');
      expect(story(planDeploy(stackState('green', old), goal([migrating], 'stop', false)))).not.toContain('backup');
    });
  });

  test('with RETIRE=warm the plan says that the old colour is kept', () => {
    const steps = planDeploy(stackState('green', old), goal([web], 'warm'));
    expect(find(steps, 'retire')).toMatchObject({ colour: 'green', mode: 'warm', title: 'keep green warm, stop its workers' });
  });

  test('an image that several services share is got once', () => {
    const shared = [web, worker, singleton].map((service) => ({ ...service, image: 'slipway/backend:v2' }));
    expect(find(planDeploy(stackState(undefined), goal(shared)), 'images')?.images).toEqual(['slipway/backend:v2']);
  });

  test('titles name what is done, in the words of the app', () => {
    const frontend = appService('frontend', { role: 'web', port: 3000, route: { path: '/' } });
    const title = (services: Goal['services'], id: string) =>
      planDeploy(stackState(undefined), goal(services)).find((step) => step.id === id)?.title;
    expect(title([web], 'start-web')).toBe('start backend in blue');
    expect(title([web], 'healthy')).toBe('wait until backend is healthy');
    expect(title([web, frontend], 'healthy')).toBe('wait until backend, frontend are healthy');
    expect(title([web], 'images')).toBe('get the images of v2');
  });
});

test('the idle colour is the one that is not live, blue when none is', () => {
  expect(idleColour(stackState(undefined))).toBe('blue');
  expect(idleColour(stackState('blue'))).toBe('green');
  expect(idleColour(stackState('green'))).toBe('blue');
});

describe('grouped', () => {
  const step = (id: string, beside?: true): Step => ({ id, title: id, kind: 'base', ...(beside ? { beside } : {}) });

  test('keeps the order and loses no step', () => {
    const steps = fc.array(fc.tuple(fc.string(), fc.boolean())).map((all) => all.map(([id, beside]) => step(id, beside || undefined)));
    fc.assert(
      fc.property(steps, (all) => {
        expect(grouped(all).flat()).toEqual(all);
        for (const [index, group] of grouped(all).entries()) {
          expect(group.length).toBeGreaterThan(0);
          expect(group.slice(1).every(({ beside }) => beside)).toBe(true);
          expect(index === 0 || !group[0]?.beside).toBe(true);
        }
      }),
    );
  });

  test('no steps are no groups', () => {
    expect(grouped([])).toEqual([]);
  });
});

describe('whatever is deployed over whatever runs', () => {
  const role = fc.constantFrom('web', 'worker', 'singleton');
  const name = fc.constantFrom('api', 'front', 'mail', 'beat', 'queue', 'admin');
  const command = fc.constantFrom(['a'], ['b', 'c']);
  const service = fc
    .record({ name, role, migrates: fc.boolean(), release: fc.array(command, { maxLength: 2 }), once: fc.array(command, { maxLength: 2 }) })
    .map(({ name: called, role: is, migrates, release, once }) =>
      appService(called, {
        role: is,
        release,
        once,
        ...(is === 'web' ? { port: 80 } : {}),
        ...(migrates ? { migrate: { run: ['m'] } } : {}),
      }),
    );
  const services = fc
    .uniqueArray(service, { minLength: 1, maxLength: 6, selector: (one) => one.name })
    .filter((all) => all.some((one) => one.role === 'web'));
  const container = fc
    .record({ service: name, role, running: fc.boolean() })
    .map(({ service: of, role: is, running }) => containerState(of, { role: is, state: running ? 'running' : 'exited' }));
  const containers = fc.array(container, { maxLength: 6 });
  const state: fc.Arbitrary<State> = fc
    .record({ live: fc.option(fc.constantFrom('blue', 'green' as const), { nil: undefined }), blue: containers, green: containers })
    .map(({ live, blue, green }) => ({ ...stackState(live as 'blue' | 'green' | undefined), colours: { blue, green } }));
  const situation = fc.tuple(state, services, fc.constantFrom('stop', 'warm' as const));

  /** Checks a property of the plans of many situations; `at` gives the group in which a step is done, -1 when it is not. */
  const always = (check: (steps: Step[], given: { state: State; goal: Goal; at: (kind: StepKind) => number }) => void) => {
    fc.assert(
      fc.property(situation, ([given, wanted, retire]) => {
        const to = goal(wanted, retire as Goal['retire']);
        const steps = planDeploy(given, to);
        const at = (kind: StepKind) => grouped(steps).findIndex((group) => group.some((step) => step.kind === kind));
        check(steps, { state: given, goal: to, at });
      }),
      { numRuns: 300 },
    );
  };
  const coloursOf = (step: Step) => ['colour', 'from', 'to'].flatMap((key) => (key in step ? [step[key as keyof Step]] : []));

  test('there is exactly one cut, by itself, to the idle colour', () => {
    always((steps, { state: given }) => {
      expect(steps.filter(({ kind }) => kind === 'cut')).toMatchObject([{ from: given.live?.colour, to: idleColour(given) }]);
      expect(grouped(steps).filter((group) => group.some(({ kind }) => kind === 'cut'))).toMatchObject([[{ kind: 'cut' }]]);
    });
  });

  test('nothing of the old colour is touched before the new one was verified', () => {
    always((steps, { state: given }) => {
      if (!given.live) return;
      const before = steps.slice(0, steps.findIndex(({ kind }) => kind === 'verify') + 1).filter(({ kind }) => kind !== 'cut');
      for (const step of before) expect(coloursOf(step)).not.toContain(given.live.colour);
    });
  });

  test('the new colour is checked, cut to and verified, in this order and not at once', () => {
    always((_, { at }) => {
      const order = (['start-web', 'healthy', 'check', 'cut', 'verify'] as const).map(at);
      expect(order).toEqual([...order].sort((a, b) => a - b));
      expect(new Set(order).size).toBe(order.length);
      expect(order[0]).toBeGreaterThan(0);
      expect(at('stage')).toBeLessThan(at('check'));
    });
  });

  test('no worker and no singleton of the release runs before it was verified, and every one does afterwards', () => {
    always((steps, { goal: { services: all }, at }) => {
      const of = (kind: string) => all.filter(({ role: is }) => is === kind).map(({ name: called }) => called);
      for (const kind of ['start-workers', 'hand-over'] as const) if (at(kind) >= 0) expect(at(kind)).toBeGreaterThan(at('verify'));
      expect(find(steps, 'start-workers')?.services ?? []).toEqual(of('worker'));
      expect(find(steps, 'hand-over')?.services ?? []).toEqual(of('singleton'));
      expect(find(steps, 'start-web')?.services).toEqual(of('web'));
      expect(find(steps, 'create-workers')?.services ?? []).toEqual([...of('worker'), ...of('singleton')]);
      if (at('create-workers') >= 0) expect(at('create-workers')).toBeLessThan(at('cut'));
    });
  });

  test('every singleton of the old colour is stopped', () => {
    always((steps, { state: given }) => {
      const running = given.colours[otherColour(idleColour(given))].filter(({ role: is }) => is === 'singleton');
      for (const { service: called } of running) expect(find(steps, 'hand-over')?.old).toContain(called);
    });
  });

  test('the old colour is retired after it has drained, and only when there is one', () => {
    always((steps, { state: given, goal: { retire }, at }) => {
      const other = otherColour(idleColour(given));
      const left = given.colours[other].some(({ state: is }) => is === 'running') ? other : undefined;
      expect(find(steps, 'retire')?.colour, 'an edge that has lost what it served').toBe(given.live?.colour ?? left);
      expect(find(steps, 'drain')?.colour).toBe(given.live?.colour);
      if (!given.live) return;
      expect(at('drain')).toBeGreaterThan(at('verify'));
      expect(at('retire')).toBeGreaterThan(at('drain'));
      expect(at('retire')).toBeGreaterThan(at('hand-over'));
      expect(find(steps, 'retire')?.mode).toBe(retire);
    });
  });

  test('the record is the last step, written once everything else has ended', () => {
    always((steps) => {
      expect(steps.filter(({ kind }) => kind === 'record')).toHaveLength(1);
      expect(
        grouped(steps)
          .at(-1)
          ?.map(({ kind }) => kind),
      ).toEqual(['record']);
    });
  });

  test('migrations and tasks are done before the release starts and after its images are there, each by itself', () => {
    always((steps, { goal: { services: all }, at }) => {
      const migrating = all.filter(({ migrate }) => migrate).map(({ name: called }) => called);
      expect(steps.flatMap((step) => (step.kind === 'migrate' ? [step.service] : []))).toEqual(migrating);
      for (const group of grouped(steps))
        if (group.some(({ kind }) => kind === 'migrate' || kind === 'tasks')) expect(group).toHaveLength(1);
      for (const kind of ['migrate', 'tasks'] as const) {
        if (at(kind) < 0) continue;
        expect(at(kind)).toBeGreaterThan(at('images'));
        expect(at(kind)).toBeGreaterThan(at('base'));
        expect(at(kind)).toBeLessThan(at('start-web'));
      }
      const commands = all.reduce((sum, { once, release }) => sum + once.length + release.length, 0);
      expect(find(steps, 'tasks')?.tasks.length ?? 0).toBe(commands);
    });
  });

  test('ids are unique, and every step has words for the person', () => {
    always((steps) => {
      expect(new Set(steps.map(({ id }) => id)).size).toBe(steps.length);
      for (const { title } of steps) expect(title).toMatch(/\w/);
    });
  });

  test('a plan is plain data, and planning changes nothing that it was given', () => {
    always((steps, { state: given, goal: wanted }) => {
      const [stateBefore, goalBefore] = structuredClone([given, wanted] as const);
      expect(structuredClone(planDeploy(given, wanted))).toEqual(steps);
      expect([given, wanted]).toEqual([stateBefore, goalBefore]);
    });
  });
});
