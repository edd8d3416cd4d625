import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parse, stringify } from 'yaml';
import type { StepTime } from '../../../scripts/lib/deploy/executor.js';
import type { Step } from '../../../scripts/lib/deploy/plan.js';
import { writeFixtureApp } from '../fixture-app.js';
import { engine } from '../leftovers.js';
import { type MixedLoad, startMixedLoad } from '../mixed-load.js';
import type { Ended, Running } from '../process.js';
import { createStack, type Stack, type Values } from '../stack.js';
import { type Gate, openGate } from './gate.js';
import { LineOfReleases } from './line-of-releases.js';
import { type Usual, usualOf } from './order.js';
import { seeded } from './random.js';
import { type Witness, watchWork } from './witness.js';

/** Where deployers are struck: a stack with clients of every kind, and everybody who watches. */
export interface Ground {
  stack: Stack;
  /** Through which goes who is struck. */
  gate: Gate;
  load: MixedLoad;
  witness: Witness;
  usual: Usual;
  releases: LineOfReleases;
  random: () => number;
  /** Whether the sample app runs on it, with its jobs, database and scheduler. */
  sample: boolean;
  /** @returns a version that was not there before */
  next: () => string;
  leave: () => Promise<void>;
}

const DRAIN_MS = 5_000;
const RETAIN = 10;

/**
 * Lays a ground: a stack with two releases, under load from then on.
 *
 * @param kind `sample`: real jobs in Redis and Postgres, a real scheduler, migrations; `fixture`: small, and half as long a deploy
 */
export async function layGround(kind: 'sample' | 'fixture', seed: number, values: Values = {}): Promise<Ground> {
  const sample = kind === 'sample';
  // How long this machine takes for a start says nothing: a deployer that is not struck has to succeed.
  const own = { RETAIN_RELEASES: String(RETAIN), DRAIN_TIMEOUT: `${DRAIN_MS / 1_000}s`, HEALTH_TIMEOUT: '60s' };
  const stack = await createStack({ ...own, ...values }, { quick: true });
  const witness = await watchWork(stack.name);
  const gate = await openGate(stack.folder);
  if (sample) migrateAtWill(stack);
  else {
    const app = writeFixtureApp(join(stack.folder, 'app'), 'hello', ['checks: [{ path: /api/fit, every: 100ms, within: 1s }]']);
    stack.set({ APP_COMPOSE: `${app},${stack.file('more.yml', MORE)}` });
  }
  const releases = new LineOfReleases();
  let count = 0;
  const next = () => `t${++count}`;
  const first = next();
  await stack.deployed(first);
  releases.goesLive(first);
  const usual = await usualOf(stack, RETAIN);
  const load = startMixedLoad({ port: stack.port, drain: DRAIN_MS, jobs: sample });
  const leave = async () => {
    await load.stop();
    witness.close();
    await stack.destroy();
    await gate.close();
  };
  return { stack, gate, load, witness, usual, releases, random: seeded(seed), sample, next, leave };
}

/** What the fixture app lacks: a health check, and a singleton, of which there must never be two. */
const MORE = `services:
  web:
    healthcheck:
      test: [CMD, node, -e, "fetch('http://127.0.0.1:3000/').then(({ ok }) => process.exit(ok ? 0 : 1))"]
      interval: 30s
      start_period: 30s
      start_interval: 200ms
  clock:
    image: "\${STACK}/web:\${VERSION}"
    command: [node, -e, "process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000)"]
    init: true
    networks: [app]
    x-slipway: { role: singleton }
`;

/** Set for a deploy that is to have a migration of its own, and thereby a backup. */
export const MIGRATES = { CHAOS_MIGRATES: '1' };

const MIGRATION = (code: string) =>
  `node --input-type=module -e "import { database } from './src/database.js';
const name = 'of-' + process.env.VERSION;
const wanted = process.env.CHAOS_MIGRATES === '1';
${code}
await database.end();"`;
const UP = MIGRATION(`await database.query('CREATE TABLE IF NOT EXISTS chaos_migrations (name text)');
if (wanted) await database.query('INSERT INTO chaos_migrations SELECT \\'' + name + '\\' FROM pg_sleep(0.5)');`);
const PENDING = MIGRATION(`const query = 'SELECT FROM chaos_migrations WHERE name = \\'' + name + '\\'';
if (wanted && (await database.query(query)).rows.length === 0) console.log(name);`);

/** Gives the sample app a migration a release, for those deploys that ask for it. */
function migrateAtWill(stack: Stack): void {
  const file = join(stack.folder, 'own-images.yml');
  const { services } = parse(readFileSync(file, 'utf8'));
  const { migrate } = services.backend['x-slipway'];
  const both = (command: string[], more: string) => ['sh', '-c', `${command.join(' ')} && ${more}`];
  services.backend['x-slipway'].migrate = { ...migrate, run: both(migrate.run, UP), pending: both(migrate.pending, PENDING) };
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Compose's own
  services.backend.environment = { CHAOS_MIGRATES: '${CHAOS_MIGRATES:-}' };
  writeFileSync(file, stringify({ services }));
}

/** An operation that can be struck. */
export interface Operation {
  name: string;
  /** Where it leads. */
  version: string;
  running: Running;
}

/** Starts an operation through the gate. */
export function begin(
  { stack, gate }: Ground,
  name: string,
  version: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Operation {
  return { name, version, running: stack.start(name, words, { env: { ...env, DOCKER_HOST: gate.host } }) };
}

/** @returns the steps of a command, by its own --dry-run */
export async function planned({ stack }: Ground, command: string, words: readonly string[]): Promise<Step[]> {
  const { json, exitCode, stderr } = await stack.start(command, [...words, '--dry-run']).ended;
  expect(exitCode, stderr).toBe(0);
  return json.steps as Step[];
}

/** Does an operation that nobody strikes. @returns how long its steps took */
export async function done({ releases }: Ground, { running, version }: Operation): Promise<StepTime[]> {
  const { exitCode, stderr, json } = await running.ended;
  expect(exitCode, stderr).toBe(0);
  releases.goesLive(version);
  return json.steps as StepTime[];
}

/** Deploys a version that was not there before, and that nobody strikes. */
export function deployNext(ground: Ground): Promise<StepTime[]> {
  const version = ground.next();
  return done(ground, begin(ground, 'deploy', version, [version]));
}

/** Waits until nobody holds the stack's lock. */
export async function lockIsFree({ name }: Stack): Promise<void> {
  // 404: it is free already.
  await engine
    .getContainer(`${name}-deck`)
    .wait({ condition: 'removed' })
    .catch((error: { statusCode?: number }) => {
      if (error.statusCode !== 404) throw error;
    });
}

/** @returns the last words of a command that failed */
export function lastWords({ exitCode, stderr }: Ended): string {
  return `exit code ${exitCode}: ${stderr.trim().split('\n').slice(-6).join(' | ')}`;
}
