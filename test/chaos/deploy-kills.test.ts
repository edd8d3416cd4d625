import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Step } from '../../scripts/lib/deploy/plan.js';
import { writeFixtureApp } from '../helpers/fixture-app.js';
import { engine } from '../helpers/leftovers.js';
import type { Running } from '../helpers/process.js';
import { createStack, expectNothingLost, type Stack } from '../helpers/stack.js';

/** `npm run test:chaos` asks for every step of the plan, and its middle; `npm test` for three of them. */
const full = process.env.CHAOS === 'full';
const IN_CI = ['healthy', 'cut', 'hand-over'];

let stack: Stack;
let steps: Step[];
let count = 1;
const next = () => `t${++count}`;

/** A singleton beside the web service and the worker: of it there must never be two. */
const SINGLETON = `services:
  clock:
    image: "\${STACK}/web:\${VERSION}"
    command: [node, -e, "process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000)"]
    init: true
    networks: [app]
    x-slipway: { role: singleton }
`;
const all = ['clock', 'web', 'worker'];

beforeAll(async () => {
  stack = await createStack();
  const app = writeFixtureApp(join(stack.folder, 'app'), 'hello');
  stack.set({ APP_COMPOSE: `${app},${stack.file('singleton.yml', SINGLETON)}` });
  await stack.deployed('t1');
  const { json } = await stack.start('deploy', ['t2', '--dry-run']).ended;
  steps = json.steps as Step[];
});
afterAll(() => stack?.destroy());

const get = { path: '/', body: 'x' };

/** Kills a deployer and waits until its lock is free. */
async function killed(deploying: Running): Promise<void> {
  const gone = engine.getContainer(`${stack.name}-deck`).wait({ condition: 'removed' });
  deploying.kill('SIGKILL');
  await Promise.all([gone.catch(() => {}), deploying.ended]);
}

const live = async () => {
  const { headers } = await stack.fetch('/');
  return { release: headers['x-release'], colour: headers['x-colour'] as 'blue' | 'green' };
};

/** One release is live and whole, of the other colour nothing runs, nothing temporary is left, and status agrees. */
async function expectInOrder(version: string): Promise<void> {
  const { release, colour } = await live();
  expect(release).toBe(version);
  expect(await stack.running(colour)).toEqual(all);
  expect(await stack.running(colour === 'blue' ? 'green' : 'blue')).toEqual([]);
  const { json } = await stack.start('status', []).ended;
  expect(json.problems).toEqual([]);
  expect(await stack.containers('all').then((them) => them.filter(({ Labels }) => Labels['com.docker.compose.oneoff'] === 'True'))).toEqual(
    [],
  );
}

/** Never two of the singleton at once. */
async function singletons(): Promise<number> {
  return [...(await stack.running('blue')), ...(await stack.running('green'))].filter((service) => service === 'clock').length;
}

/** Kills a deploy when it is there, then lets a plain one follow; all under load. */
async function round(when: (deploying: Running) => Promise<void>): Promise<void> {
  const [cut, after] = [next(), next()];
  const before = await live();
  const { load } = await stack.underLoad(async () => {
    const deploying = stack.startDeploy(cut);
    await when(deploying);
    await killed(deploying);
    const now = await live();
    expect([before.release, cut]).toContain(now.release);
    expect(await singletons()).toBeLessThan(2);
    await stack.deployed(after);
  }, get);
  expectNothingLost(load);
  await expectInOrder(after);
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const done = ({ title }: Step) => new RegExp(`✓ ${escaped(title)}`.replace(/blue|green/g, '(blue|green)').replace(/t2/g, 't\\d+'));

describe('SIGKILL of a deployer', () => {
  test(
    'right after each step: not one request is lost, and a plain deploy puts everything in order',
    async () => {
      const chosen = full ? steps : steps.filter(({ id }) => IN_CI.includes(id));
      expect(chosen.length).toBeGreaterThan(2);
      for (const step of chosen) {
        // The last step is followed by nothing but the end.
        await round((deploying) => Promise.race([deploying.says(done(step)), deploying.ended]).then(() => {}));
      }
    },
    20 * 60_000,
  );

  test.skipIf(!full)(
    'in the middle of each step, likewise',
    async () => {
      for (const step of steps.slice(0, -1)) {
        await round(async (deploying) => {
          await deploying.says(done(step));
          await delay(Math.random() * 400);
        });
      }
    },
    20 * 60_000,
  );
});

describe('what was cut off', () => {
  test('after the cut is finished by --resume, and by nothing else needed', async () => {
    const version = next();
    const deploying = stack.startDeploy(version);
    await deploying.says(/✓ cut from/);
    await killed(deploying);
    const { json } = await stack.start('status', []).ended;
    expect(json.problems).toContainEqual(expect.stringMatching(new RegExp(`deploy ${version} was cut off`)));
    const { exitCode, json: result, stderr } = await stack.start('deploy', ['--resume']).ended;
    expect(exitCode, stderr).toBe(0);
    expect(result).toMatchObject({ outcome: 'recovered', what: 'finished', version });
    await expectInOrder(version);
    const again = await stack.start('deploy', ['--resume']).ended;
    expect(again.json).toEqual({ outcome: 'nothing-was-cut-off' });
    const back = await stack.start('rollback', []).ended;
    expect(back.exitCode, back.stderr).toBe(0);
  });

  test('after the cut is gone back from by --abort', async () => {
    const before = await live();
    const deploying = stack.startDeploy(next());
    await deploying.says(/✓ cut from/);
    await killed(deploying);
    const { exitCode, stderr } = await stack.start('deploy', ['--abort']).ended;
    expect(exitCode, stderr).toBe(0);
    expect((await live()).release).toBe(before.release);
    await expectInOrder(before.release as string);
  });

  test('before the cut is undone by either', async () => {
    const before = await live();
    const deploying = stack.startDeploy(next());
    await deploying.says(/✓ start web/);
    await killed(deploying);
    const { exitCode, json } = await stack.start('deploy', ['--resume']).ended;
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({ outcome: 'recovered', what: 'undone' });
    await expectInOrder(before.release as string);
  });
});

describe('a rollback', () => {
  test('that is killed before it cut is undone, and the release can be gone back to all the same', async () => {
    const [first, second] = [next(), next()];
    await stack.deployed(first);
    await stack.deployed(second);
    const going = stack.start('rollback', []);
    await going.says(/✓ start web/);
    await killed(going);
    expect((await live()).release).toBe(second);
    const { exitCode, stderr } = await stack.start('rollback', [first]).ended;
    expect(exitCode, stderr).toBe(0);
    await expectInOrder(first);
  });

  test('after a deploy that was killed before it cut only undoes that', async () => {
    const before = await live();
    const deploying = stack.startDeploy(next());
    await deploying.says(/✓ start web/);
    await killed(deploying);
    const { exitCode, json, stderr } = await stack.start('rollback', []).ended;
    expect(exitCode, stderr).toBe(0);
    expect(json).toMatchObject({ outcome: 'undone', version: before.release });
    await expectInOrder(before.release as string);
  });
});

test('finishing that fails brings back the release before, whole', async () => {
  const before = await live();
  const deploying = stack.startDeploy(next());
  await deploying.says(/✓ stop (blue|green)/);
  await killed(deploying);
  // The new release's web service is gone for good: nothing answers when it is verified.
  const { colour } = { colour: before.colour === 'blue' ? ('green' as const) : ('blue' as const) };
  await (await stack.container(colour, 'web')).remove({ force: true });
  const { exitCode, stderr } = await stack.start('deploy', ['--resume']).ended;
  expect(exitCode, stderr).toBe(1);
  await expectInOrder(before.release as string);
}, 180_000);

test.skipIf(!full)('a deployer that was halted, and woke when its lock had gone to another one, changes nothing', async () => {
  const slept = stack.startDeploy(next());
  await slept.says(/✓ verify/);
  slept.kill('SIGSTOP');
  try {
    await engine.getContainer(`${stack.name}-deck`).wait({ condition: 'removed' });
    const after = next();
    await stack.deployed(after);
    slept.kill('SIGCONT');
    const ended = await slept.ended;
    expect(ended.exitCode, ended.stderr).toBe(4);
    expect(ended.stderr).toMatch(/the lock is lost/);
    await expectInOrder(after);
  } finally {
    slept.kill('SIGKILL');
  }
});
