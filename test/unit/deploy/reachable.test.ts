import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { colours, otherColour } from '../../../scripts/lib/config/names.js';
import { appService } from '../fixtures.js';
import { type Built, Failed, Killed, NONE, SimulatedStack, type Trouble } from './simulated-stack.js';

const bake = { milliseconds: 1_000, always: true };

/** Apps whose services come, go and change their roles from release to release; there is always something to answer. */
const app = fc
  .uniqueArray(
    fc.record({ name: fc.constantFrom('api', 'front', 'mail', 'beat', 'queue'), role: fc.constantFrom('web', 'worker', 'singleton') }),
    {
      minLength: 1,
      maxLength: 5,
      selector: ({ name }) => name,
    },
  )
  .map((all) => [
    appService('home', { role: 'web', port: 80, route: { path: '/' } }),
    ...all.map(({ name, role }) => appService(name, { role, ...(role === 'web' ? { port: 80 } : {}) })),
  ]);

/** Most plans have some twenty effects; every third command has no trouble at all. */
const moment = fc.integer({ min: 0, max: 30 });
const never = fc.constant(Number.POSITIVE_INFINITY);
const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(NONE) },
  { weight: 4, arbitrary: fc.record({ fails: never, killed: moment }) },
  { weight: 2, arbitrary: fc.record({ fails: moment, killed: fc.oneof(never, moment) }) },
);

const command = fc.record({
  what: fc.oneof(
    { weight: 6, arbitrary: fc.constant('deploy' as const) },
    { weight: 2, arbitrary: fc.constant('rollback' as const) },
    { weight: 1, arbitrary: fc.constantFrom('reboot' as const, 'lose-edge' as const) },
  ),
  app,
  retire: fc.constantFrom('stop' as const, 'warm' as const),
  canary: fc.constantFrom([], [10], [5, 50]),
  trouble,
});
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** What has to hold at every moment, whatever was killed, and whatever is done about it. */
function assertSafe(stack: SimulatedStack): void {
  const { live, all } = stack;
  if (live) {
    const web = all[live.colour].filter(({ role }) => role === 'web');
    expect(web.length, 'the live colour has web services').toBeGreaterThan(0);
    expect(
      web.filter(({ state }) => state !== 'running'),
      'all of them run',
    ).toEqual([]);
    if (live.canary) {
      const tried = all[live.canary.colour].filter(({ role }) => role === 'web');
      expect(tried.length).toBeGreaterThan(0);
      expect(tried.filter(({ state }) => state !== 'running')).toEqual([]);
    }
  }
  const singletons = colours.flatMap((colour) => stack.running(colour).filter(({ role }) => role === 'singleton'));
  const names = singletons.map(({ service }) => service);
  expect(new Set(names).size, `never two of a singleton: ${names}`).toBe(names.length);
  const began = stack.cutOff;
  if (began && !began.hasCut) {
    const eager = stack.running(began.colour).filter(({ role, release }) => role !== 'web' && release === began.built.release);
    expect(eager, 'no worker of a release that is not live yet').toEqual([]);
  }
  if (stack.unverified) {
    const old = all[stack.unverified].filter(({ role, state }) => role === 'web' && state !== 'running');
    expect(old, 'what was live stays until the cut is verified').toEqual([]);
  }
}

/** What has to hold once a command has ended. */
function assertWhole(stack: SimulatedStack, wanted: Built | undefined, retire: 'stop' | 'warm'): void {
  const { live, all } = stack;
  if (!live) return;
  expect(live.canary, 'exactly one live colour').toBeUndefined();
  const own = all[live.colour];
  expect(own.filter(({ state }) => state !== 'running')).toEqual([]);
  expect(new Set(own.map(({ version }) => version))).toEqual(new Set([live.version]));
  if (wanted) {
    expect(live.version).toBe(wanted.version);
    expect(own.map(({ service }) => service).sort()).toEqual(wanted.services.map(({ name }) => name).sort());
  }
  const others = stack.running(otherColour(live.colour));
  expect(
    others.filter(({ role }) => role !== 'web'),
    'no worker of another release',
  ).toEqual([]);
  if (wanted && retire === 'stop') expect(others).toEqual([]);
}

/** Does commands one after the other, each killed where it says; every state on the way is safe, and `seen` sees what each one leaves. */
function history(commands: readonly Command[], seen: (stack: SimulatedStack) => void = () => {}): SimulatedStack {
  const stack = new SimulatedStack(assertSafe);
  const troubles = (error: unknown) => error instanceof Killed || error instanceof Failed;
  for (const [index, { what, app: services, retire, canary, trouble: befalls }] of commands.entries()) {
    const built = { version: `v${index}`, release: `v${index}-x`, services };
    try {
      if (what === 'reboot') stack.reboot();
      else if (what === 'lose-edge') stack.loseEdge();
      else stack.command(what === 'deploy' ? { deploy: built } : 'rollback', { retire, canary, bake }, befalls);
    } catch (error) {
      if (!troubles(error)) throw error;
    }
    seen(stack);
  }
  return stack;
}

describe('from any state that deploys, rollbacks, kills, reboots and a lost edge lead to', () => {
  const commands = fc.array(command, { maxLength: 8, size: 'max' });

  test('a deploy ends with its release alone, live and whole, and every moment on the way is safe', () => {
    fc.assert(
      fc.property(commands, command, (before, last) => {
        const stack = history(before);
        const built = { version: 'last', release: 'last-x', services: last.app };
        stack.command({ deploy: built }, { ...last, bake });
        assertWhole(stack, built, last.retire);
      }),
      { numRuns: 600 },
    );
  });

  test('a rollback ends with one release alone, live and whole', () => {
    fc.assert(
      fc.property(commands, command, (before, last) => {
        const stack = history(before);
        stack.command('rollback', { retire: last.retire });
        assertWhole(stack, undefined, last.retire);
      }),
      { numRuns: 600 },
    );
  });

  test('wherever a deploy or its recovery is killed, the stack can be put in order without anything new', () => {
    fc.assert(
      fc.property(commands, command, fc.array(trouble, { maxLength: 3 }), (before, last, troubles) => {
        const stack = history([...before, { ...last, what: 'deploy' }]);
        for (const befalls of troubles) {
          try {
            stack.recover(last.retire, befalls);
          } catch (error) {
            if (!(error instanceof Killed) && !(error instanceof Failed)) throw error;
          }
        }
        stack.recover(last.retire);
        expect(stack.cutOff).toBeUndefined();
        assertWhole(stack, undefined, last.retire);
      }),
      { numRuns: 600 },
    );
  });

  test('and the kills really come at every step', () => {
    const killed = { 'before the cut': 0, 'in a canary': 0, 'after the cut': 0 };
    const count = ({ cutOff, live }: SimulatedStack) => {
      if (cutOff) killed[live?.token === cutOff.token ? 'after the cut' : live?.canary ? 'in a canary' : 'before the cut'] += 1;
    };
    fc.assert(
      fc.property(commands, (all) => {
        history(all, count);
      }),
      // The same histories each time: what is asserted is about how they are made, not about the plans.
      { numRuns: 600, seed: 4 },
    );
    expect(Math.min(...Object.values(killed)), JSON.stringify(killed)).toBeGreaterThanOrEqual(20);
  });
});
