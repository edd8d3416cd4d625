import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../scripts/lib/config/load.js';
import { cronImage } from '../../scripts/lib/cron/image.js';
import { edgeImage } from '../../scripts/lib/edge/image.js';
import { Docker } from '../../scripts/lib/engine/docker.js';
import { Faults, otherColour, SERVICES } from '../helpers/faults.js';
import { type NestedEngine, startNestedEngine } from '../helpers/nested-engine.js';
import { createStack, type Stack } from '../helpers/stack.js';

/** How long after the engine answers again clients may wait for the app (milliseconds). */
const BACK_MS = 60_000;
/** A worker that is cut off in the middle of a job does it once more (the sample app promises "at least once"); ten are cut off here. */
const TWICE = 10;

/** Policies under which the engine, when it restarts, starts what was stopped by hand; and none at all. */
const POLICIES = `services:
  backend: { restart: always }
  worker: { restart: on-failure }
  scheduler: { restart: always }
  frontend: { restart: !reset null }
`;

let machine: NestedEngine;
let stack: Stack;
let faults: Faults;

beforeAll(async () => {
  machine = await startNestedEngine();
  stack = await createStack({ HEALTH_TIMEOUT: '60s' }, { quick: true, elsewhere: machine });
  stack.set({ APP_COMPOSE: `${stack.values.APP_COMPOSE},${stack.file('policies.yml', POLICIES)}` });
  const config = await loadConfig(stack.dotenv);
  const here = new Docker();
  const { NGINX_IMAGE, NODE_IMAGE, POSTGRES_IMAGE, REDIS_IMAGE } = config.settings;
  await machine.load([NGINX_IMAGE, NODE_IMAGE, POSTGRES_IMAGE, REDIS_IMAGE, await edgeImage(config, here), await cronImage(config, here)]);
  faults = new Faults(stack);
  await stack.deployed(faults.next());
  await stack.deployed(faults.next());
}, 600_000);
afterAll(async () => {
  await stack?.destroy();
  await machine?.stop();
});

/** Waits until the app answers, whole, without any command. */
async function comesBack(): Promise<void> {
  await expect.poll(async () => (await stack.fetch('/api/notes').catch(() => undefined))?.status, { timeout: BACK_MS }).toBe(200);
  await expect.poll(async () => (await stack.fetch('/')).status, { timeout: BACK_MS }).toBe(200);
}

const singletons = async () =>
  [...(await stack.running('blue')), ...(await stack.running('green'))].filter((service) => service === 'scheduler').length;

describe.each(['restart', 'reboot'] as const)('without a command, after a %s of the engine', (how) => {
  test('while nothing is deployed: the release that was live serves, and of the other colour nothing runs', async () => {
    const { release } = await stack.live();
    await faults.loaded(async () => {
      await machine[how]();
      await comesBack();
    });
    await expect.poll(() => faults.inOrder(release as string).then(() => true, String), { timeout: 90_000, interval: 1_000 }).toBe(true);
    await faults.converges();
  });

  test.each(['start backend', 'check (blue|green)'])('before the cut (after "%s"): the old release serves', async (step) => {
    const before = await stack.live();
    const { ended } = await faults.during(async (deploying) => {
      await deploying.says(new RegExp(`✓ ${step}`));
      await machine[how]();
      await comesBack();
    });
    expect([1, 4], ended.stderr).toContain(ended.exitCode);
    expect(await stack.live()).toEqual(before);
    expect(await stack.running(before.colour as 'blue')).toEqual(SERVICES);
    const idle = await stack.running(otherColour(before.colour));
    expect(
      idle.filter((service) => !['backend', 'frontend'].includes(service)),
      'workers of a release that never was live',
    ).toEqual([]);
    await faults.converges();
  });

  test('after the cut, before the hand-over: the new release serves, with one scheduler', async () => {
    const { ended, version } = await faults.during(async (deploying) => {
      await deploying.says(/✓ cut from/);
      await machine[how]();
      await comesBack();
    });
    expect([1, 4], ended.stderr).toContain(ended.exitCode);
    expect((await stack.live()).release).toBe(version);
    expect(await singletons()).toBeLessThan(2);
    await faults.converges();
  });
});

test('a stack that was stopped stays stopped over a reboot, and comes back by one command', async () => {
  const { release } = await stack.live();
  expect((await stack.start('stop', []).ended).exitCode).toBe(0);
  await machine.reboot();
  expect((await stack.containers()).filter(({ State }) => State === 'running')).toEqual([]);
  const started = await stack.start('start', []).ended;
  expect(started.exitCode, started.stderr).toBe(0);
  await faults.inOrder(release as string);
});

// The engine's own doing: it ends what it finds running, and takes that for a stop by hand (Engine 26.1, without live-restore).
test('an engine that was killed leaves everything stopped; one command brings the right colour back', async () => {
  const { release } = await stack.live();
  await machine.crash();
  expect((await stack.containers()).filter(({ State }) => State === 'running')).toEqual([]);
  const started = await stack.start('start', []).ended;
  expect(started.exitCode, started.stderr).toBe(0);
  await faults.inOrder(release as string);
  await faults.converges();
});

test('no accepted job was lost, and no two schedulers ever ran', () => faults.jobsAreWhole({ twice: TWICE }));

describe('with live-restore', () => {
  test('a restart of the engine is nothing that a client notices', async () => {
    await machine.restart(['--live-restore']);
    await comesBack();
    const { release } = await stack.live();
    const { load } = await faults.loaded(async () => {
      await machine.restart();
      await comesBack();
    });
    expect(load).toMatchObject({ lost: 0, refused: 0 });
    expect((await stack.live()).release).toBe(release);
    await faults.converges();
  });
});
