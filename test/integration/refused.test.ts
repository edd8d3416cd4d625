import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../scripts/lib/config/load.js';
import { startWebOf } from '../../scripts/lib/deploy/steps/cut.js';
import { Deck } from '../../scripts/lib/engine/deck/deck.js';
import { Docker } from '../../scripts/lib/engine/docker.js';
import { createStack, expectNothingLost, type RunOptions, type Stack } from '../helpers/stack.js';
import { listenToEvents } from '../helpers/streams.js';

let stack: Stack;

beforeAll(async () => {
  stack = await createStack({ HEALTH_TIMEOUT: '8s' });
  await stack.deployed('t1');
});
afterAll(() => stack?.destroy());

const jobs = { path: '/api/jobs', body: '{"payload":{"ms":1}}' };

/** Deploys a bad release while clients read and post jobs; checks all that has to hold however it is refused. */
async function refused(version: string, options: RunOptions) {
  const { result, load } = await stack.underLoad(() => stack.deploy(version, options), jobs);
  expect(result.exitCode, result.stderr).toBe(1);
  expectNothingLost(load);
  await expectT1Alone();
  return result;
}

/** t1 serves in blue with everything that belongs to it, of green nothing is there, and t1's worker alone has done jobs. */
async function expectT1Alone(): Promise<void> {
  expect(await stack.live()).toEqual({ release: 't1', colour: 'blue' });
  expect(await stack.running('blue')).toEqual(['backend', 'backend', 'backend-jobs', 'frontend', 'scheduler', 'worker']);
  expect(await stack.containers('green'), 'what is left of the refused colour').toEqual([]);
  expect(
    await stack.sql(`SELECT count(*) FROM jobs_done WHERE version <> 't1'`),
    'jobs that another release than the live one took',
  ).toEqual(['0']);
}

/** The sample with one check. Compose replaces an x- block as a whole, so it says all of it once more. */
function withCheck(check: string): RunOptions {
  const file = stack.file(
    'check.yml',
    `services:
  backend:
    x-slipway:
      role: web
      port: 8000
      route: { path: /api/ }
      checks: [${check}]
      migrate: { run: [node, migrate.mjs, up], pending: [node, migrate.mjs, pending] }
`,
  );
  return { env: { APP_COMPOSE: `${stack.values.APP_COMPOSE},${file}` } };
}

describe('a release is refused, and the old colour serves without losing a request, when', () => {
  test('it never becomes healthy: the health check and the last log lines are shown', async () => {
    const { stderr } = await refused('t2-sick', { env: { SAMPLE_BREAK: 'never-healthy' } });
    expect(stderr).toMatch(/backend-\d: not healthy after 8 s/);
    expect(stderr).toMatch(/health check: .*broken on purpose: never healthy/);
    expect(stderr).toMatch(/log: .*"listening"/);
  });

  test('a declared check fails: what it answered and the last log lines are shown', async () => {
    const { env } = withCheck('{ path: /api/notes, within: 2s }');
    const { stderr } = await refused('t2-500', { env: { ...env, SAMPLE_BREAK: 'error-500' } });
    expect(stderr).toMatch(/backend: \/api\/notes: answered 500, should be 200/);
    expect(stderr).toMatch(/log: .*broken on purpose: this build cannot list notes/);
  });

  test('its migration fails: the migration’s own words are shown', async () => {
    const { stderr } = await refused('t2-migration', { env: { SAMPLE_BREAK: 'migration-fails' } });
    expect(stderr).toMatch(/900_broken/);
    expect(stderr).toMatch(/relation "table_that_does_not_exist" does not exist/);
  });

  test('an image exists nowhere: the image and the service are named', async () => {
    const extra = stack.file('missing.yml', `services:\n  reports:\n    image: "\${STACK}/reports:\${VERSION}"\n    networks: [data]\n`);
    const { stderr } = await refused('t2-missing', { env: { APP_COMPOSE: `${stack.values.APP_COMPOSE},${extra}` } });
    expect(stderr).toMatch(/reports:t2-missing of reports is nowhere/);
  });

  test('it crashes some seconds after its start, which the checks of the sample app outlast', async () => {
    const { stderr } = await refused('t2-crash', { env: { SAMPLE_BREAK: 'crash-after-5s' } });
    expect(stderr).toMatch(/it ended with exit code 1/);
    expect(stderr).toMatch(/log: .*this build crashes 5 s after its start/);
  });
});

test('a release that crashes after the cut, while the old colour drains, is taken back: the old colour serves again', async () => {
  const { env } = withCheck('{ path: /health }');
  const holding = listenToEvents(stack.port);
  await holding.opened;
  const { result, load } = await stack.underLoad(() => stack.deploy('t2-late', { env: { ...env, SAMPLE_BREAK: 'crash-after-5s' } }), jobs);
  holding.close();
  // Between the crash and the way back the edge has nobody to ask: it answers 502 (measured: for 1 to 2 s).
  expect(load.lost).toBe(0);
  expect(load.outage).toBeLessThan(10_000);
  expect(result.stderr).toMatch(/✓ cut from blue to green/);
  expect(result.exitCode, result.stderr).toBe(1);
  expect(result.stderr).toMatch(/it ended with exit code 1/);
  expect(await stack.live()).toEqual({ release: 't1', colour: 'blue' });
  expect(await stack.running('blue')).toEqual(['backend', 'backend', 'backend-jobs', 'frontend', 'scheduler', 'worker']);
  expect(await stack.containers('green')).toEqual([]);
});

test('a release that crashes while the old colour is being stopped is taken back too', async () => {
  const { env } = withCheck('{ path: /health }');
  // The old worker is in the middle of a job: stopping the old colour takes until it has done it.
  await stack.fetch(jobs.path, { method: 'POST', body: '{"payload":{"ms":15000}}', headers: { 'content-type': 'application/json' } });
  const { exitCode, stderr } = await stack.deploy('t2-later', { env: { ...env, SAMPLE_BREAK: 'crash-after-5s' } });
  expect(exitCode, stderr).toBe(1);
  expect(stderr).toMatch(/it ended with exit code 1/);
  expect(await stack.live()).toEqual({ release: 't1', colour: 'blue' });
  expect(await stack.running('blue')).toEqual(['backend', 'backend', 'backend-jobs', 'frontend', 'scheduler', 'worker']);
  expect(await stack.containers('green')).toEqual([]);
});

test('the next good release is deployed after all that', async () => {
  const { result, load } = await stack.underLoad(() => stack.deployed('t3'), jobs);
  expectNothingLost(load);
  expect(result.json).toMatchObject({ outcome: 'deployed', version: 't3', colour: 'green' });
  expect(await stack.live()).toEqual({ release: 't3', colour: 'green' });
});

test('no two schedulers ever ran at once, whether a release was refused, taken back or deployed', async () => {
  expect(await stack.schedulersAtOnce()).toEqual([]);
});

test('a colour that is started again to go back to has to listen, where the app has no health check', async () => {
  const file = stack.file(
    'unchecked.yml',
    'services: { backend: { healthcheck: { disable: true }, command: [sh, -c, sleep 2; exec node src/server.js] } }\n',
  );
  await stack.deployed('t4', { env: { APP_COMPOSE: `${stack.values.APP_COMPOSE},${file}` } });
  const { colour } = await stack.live();
  const replicas = await Promise.all([1, 2].map((number) => stack.container(colour as 'blue' | 'green', 'backend', number)));
  await Promise.all(replicas.map((replica) => replica.stop({ t: 1 })));
  const [config, docker] = [await loadConfig(stack.dotenv), new Docker()];
  const deck = await Deck.open(docker, { names: config.names, image: config.settings.NODE_IMAGE, command: 'test' });
  try {
    await startWebOf({ config, docker, deck }, colour as 'blue' | 'green');
    for (const replica of replicas) {
      const { Networks } = (await replica.inspect()).NetworkSettings;
      const answer = await deck.probe({
        host: Networks[config.names.networks.app]?.IPAddress ?? '',
        port: 8000,
        path: '/',
        timeoutMs: 1_000,
      });
      expect(answer.status, answer.error).toBeGreaterThan(0);
    }
  } finally {
    await deck.close();
  }
});
