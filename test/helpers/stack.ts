import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type Dockerode from 'dockerode';
import { expect, inject } from 'vitest';
import { parse, stringify } from 'yaml';
import { projectRoot } from '../../scripts/lib/config/root.js';
import type { Key } from '../../scripts/lib/config/schema.js';
import { Docker } from '../../scripts/lib/engine/docker.js';
import { startLoad } from '../../scripts/lib/load/load.js';
import { type Summary, summarise } from '../../scripts/lib/load/summary.js';
import { chooseImages } from '../../scripts/lib/setup/image-choice.js';
import { type Answer, type FetchOptions, fetchFrom } from './http.js';
import { destroyEverything, engine, leftovers } from './leftovers.js';
import { type Ended, type Running, start } from './process.js';

export type Values = Partial<Record<Key, string>>;

export interface LoadSummary extends Summary {
  /** How many POSTs were accepted. */
  posted: number;
  /** The time of the slowest request (milliseconds). */
  slowest: number;
  /** From the first request that was lost or refused to the last one (milliseconds); 0 when there is none. */
  outage: number;
}

export interface RunOptions {
  /** Environment variables, such as SAMPLE_BREAK. */
  env?: NodeJS.ProcessEnv;
  /** Further arguments. */
  args?: readonly string[];
}

/** An engine that a stack may be on, as {@link startNestedEngine} gives one. */
export interface Elsewhere {
  /** As DOCKER_HOST takes it. */
  host: string;
  api: Dockerode;
  /** The port of that engine's machine, and the one on which this machine reaches it. */
  edge: { port: number; publishedAt: number };
}

/** Where the sample's images get a name that belongs to the stack, so that removing them concerns nobody else. */
const OWN_IMAGES = `services:
  backend: { image: "\${STACK}/backend:\${VERSION}" }
  worker: { image: "\${STACK}/backend:\${VERSION}" }
  scheduler: { image: "\${STACK}/backend:\${VERSION}" }
  frontend: { image: "\${STACK}/frontend:\${VERSION}" }
`;

/** One installation, with a name, ports and secrets of its own. */
export class Stack {
  readonly name: string;
  readonly folder: string;
  readonly dotenv: string;
  readonly values: Values;
  readonly #elsewhere: Elsewhere | undefined;
  readonly #engine: Dockerode;

  constructor(name: string, folder: string, values: Values, elsewhere?: Elsewhere) {
    this.name = name;
    this.folder = folder;
    this.dotenv = join(folder, '.env');
    this.values = values;
    this.#elsewhere = elsewhere;
    this.#engine = elsewhere?.api ?? engine;
    this.set({});
  }

  get port(): number {
    return this.#elsewhere?.edge.publishedAt ?? Number(this.values.HTTP_PORT);
  }

  /** What makes the `docker` command, and the toolkit's, mean the stack's engine. */
  get environment(): NodeJS.ProcessEnv {
    return this.#elsewhere ? { DOCKER_HOST: this.#elsewhere.host } : {};
  }

  get secrets(): string[] {
    const { DB_PASSWORD, POSTGRES_PASSWORD, REDIS_PASSWORD, SECRET_KEY } = this.values;
    return [DB_PASSWORD, POSTGRES_PASSWORD, REDIS_PASSWORD, SECRET_KEY] as string[];
  }

  /** Changes values of the .env file. */
  set(values: Values): void {
    Object.assign(this.values, values);
    const text = Object.entries(this.values).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(this.dotenv, text.join(''), { mode: 0o600 });
  }

  /** Writes a file into the stack's folder. */
  file(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** Starts a command of the toolkit. */
  start(command: string, words: readonly string[], { env = {}, args = [] }: RunOptions = {}): Running {
    return start([process.execPath, `scripts/${command}.mjs`, ...words, '--dotenv', this.dotenv, '--json', ...args], {
      ...this.environment,
      ...env,
    });
  }

  startDeploy(version: string, options: RunOptions = {}): Running {
    return this.start('deploy', [version], options);
  }

  deploy(version: string, options: RunOptions = {}): Promise<Ended> {
    return this.startDeploy(version, options).ended;
  }

  /** Deploys and expects that it works. */
  async deployed(version: string, options: RunOptions = {}): Promise<Ended> {
    const ended = await this.deploy(version, options);
    expect(ended.exitCode, `${ended.stderr}\n${ended.stdout}`).toBe(0);
    return ended;
  }

  /** One request through the edge's published port, on a connection of its own. */
  fetch(path: string, options: FetchOptions = {}): Promise<Answer> {
    return fetchFrom({ port: this.port, path, ...options });
  }

  /** @returns the release and the colour that the edge names */
  async live(): Promise<{ release: string | undefined; colour: string | undefined }> {
    const { headers } = await this.fetch('/api/whoami');
    return { release: headers['x-release'] as string | undefined, colour: headers['x-colour'] as string | undefined };
  }

  /** @returns every container of a project (`''`: the base), running or not */
  async containers(project: '' | 'blue' | 'green' | 'all' = 'all'): Promise<Dockerode.ContainerInfo[]> {
    const all = await this.#engine.listContainers({ all: true, filters: { label: [`dev.slipway.stack=${this.name}`] } });
    if (project === 'all') return all;
    const name = project === '' ? this.name : `${this.name}-${project}`;
    return all.filter(({ Labels }) => Labels['com.docker.compose.project'] === name);
  }

  /** @returns the services that run in a colour, one entry a container */
  async running(colour: 'blue' | 'green'): Promise<string[]> {
    const containers = await this.containers(colour);
    return containers
      .filter(({ State }) => State === 'running')
      .map(({ Labels }) => Labels['com.docker.compose.service'] ?? '')
      .sort();
  }

  /** @returns the id of a service's first container */
  async container(project: '' | 'blue' | 'green', service: string, number = 1): Promise<Dockerode.Container> {
    const found = (await this.containers(project)).find(
      ({ Labels }) => Labels['com.docker.compose.service'] === service && Labels['com.docker.compose.container-number'] === String(number),
    );
    expect(found, `${service} of ${project || 'the base'}`).toBeDefined();
    return this.#engine.getContainer(found?.Id ?? '');
  }

  /** Asks Postgres itself. @returns the rows, a line each, columns separated by "|" */
  async sql(query: string): Promise<string[]> {
    const { id } = await this.container('', 'postgres');
    const command = ['exec', id, 'psql', '-h', '/var/run/postgresql', '-U', 'postgres', '-d', 'app', '-XAtc', query];
    // Not in one go: a load that this process sends meanwhile would stand still.
    const env = { ...process.env, ...this.environment };
    const { stdout } = await promisify(execFile)('docker', command, { env, maxBuffer: 1 << 26 });
    return stdout.split('\n').filter(Boolean);
  }

  /** @returns each pair of scheduler runs that overlap; by the last sign of life where a run has recorded no end (once a second) */
  async schedulersAtOnce(): Promise<string[]> {
    return this.sql(`
      SELECT a.version, b.version FROM scheduler_runs a JOIN scheduler_runs b
      ON a.started_at < b.started_at AND coalesce(a.stopped_at, a.last_beat_at) > b.started_at`);
  }

  /** Runs some work while clients send requests that are never retried. */
  async underLoad<T>(
    work: () => Promise<T>,
    post = { path: '/api/notes', body: '{"text":"a note"}' },
  ): Promise<{ result: T; load: LoadSummary }> {
    const load = startLoad({
      host: '127.0.0.1',
      port: this.port,
      connections: 8,
      thinkTime: 60,
      get: '/api/whoami',
      post,
      limit: { requests: 50_000, milliseconds: 120_000 },
    });
    try {
      const result = await work();
      await load.stop();
      const posted = load.samples.filter(({ method, status }) => method === 'POST' && status < 300 && status > 0).length;
      const slowest = Math.round(Math.max(...load.samples.map(({ milliseconds }) => milliseconds)));
      const bad = load.samples.filter(({ status }) => status < 200 || status > 299).map(({ at }) => at);
      const outage = bad.length === 0 ? 0 : Math.round(Math.max(...bad) - Math.min(...bad));
      return { result, load: { ...summarise(load.samples), posted, slowest, outage } };
    } finally {
      await load.stop();
    }
  }

  /** Everything on the engine that has the stack's name. */
  leftovers(): Promise<string[]> {
    return leftovers(this.name);
  }

  /** Removes everything and makes sure that nothing is left; what is on another engine goes with that. */
  async destroy(): Promise<void> {
    if (!this.#elsewhere) await destroyEverything(this.name);
    rmSync(this.folder, { recursive: true, force: true });
    expect(await this.leftovers()).toEqual([]);
  }
}

/** Compose replaces an x- block as a whole, so it says all of it once more. */
function withQuickChecks(): Record<string, unknown> {
  const { services } = parse(OWN_IMAGES) as { services: Record<string, Record<string, unknown>> };
  const sample = parse(readFileSync(join(projectRoot, 'compose/blue-green.yml'), 'utf8'), { merge: true }) as {
    services: { backend: { 'x-slipway': { checks: object[] } } };
  };
  const block = sample.services.backend['x-slipway'];
  const checks = block.checks.map((check) => ({ ...check, times: 1 }));
  return { ...services, backend: { ...services.backend, 'x-slipway': { ...block, checks } } };
}

let count = 0;

/**
 * @param options `quick`: the sample's checks pass once instead of six times, which takes five seconds of every deploy; `elsewhere`:
 * the engine, when it is another one than this machine's
 * @returns a stack that exists as a .env file only
 */
export async function createStack(
  values: Values = {},
  { quick = false, elsewhere }: { quick?: boolean; elsewhere?: Elsewhere } = {},
): Promise<Stack> {
  count++;
  const name = `${inject('runPrefix')}-${process.pid.toString(36)}${count}`;
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  const override = join(folder, 'own-images.yml');
  writeFileSync(override, quick ? stringify({ services: withQuickChecks() }) : OWN_IMAGES);
  const [http, https] = [await freePort(), await freePort()];
  const secret = (bytes: number) => randomBytes(bytes).toString('base64url');
  const all = {
    STACK: name,
    APP_COMPOSE: `compose/blue-green.yml,${override}`,
    HTTP_PORT: String(http),
    HTTPS_PORT: String(https),
    KEEPALIVE_TIMEOUT: '2s',
    DRAIN_TIMEOUT: '5s',
    HEALTH_TIMEOUT: '15s',
    // How fast this machine is at the moment says nothing about a release.
    BAKE_TIME: '1s',
    BAKE_MAX_SLOWDOWN: 'off',
    RATE_API: 'off',
    RATE_AUTH: 'off',
    RATE_ADDRESS: 'off',
    STACK_MEMORY: '1g',
    // Nothing begins by itself, whatever time of the night it is.
    BACKUP_SCHEDULE: 'off',
    BACKUP_DRILL_SCHEDULE: 'off',
    VACUUM_SCHEDULE: 'off',
    DB_PASSWORD: secret(24),
    POSTGRES_PASSWORD: secret(24),
    REDIS_PASSWORD: secret(24),
    SECRET_KEY: secret(48),
    ...(await chooseImages(new Docker())),
    ...(elsewhere ? { BIND_ADDRESS: '0.0.0.0', HTTP_PORT: String(elsewhere.edge.port) } : {}),
    ...values,
  };
  return new Stack(name, folder, all, elsewhere);
}

/** @returns a free port below the range that outgoing connections take theirs from */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

/** No request was lost, and none was answered with anything but 2xx. */
export function expectNothingLost(load: Summary): void {
  expect(load.sent, 'the load really ran').toBeGreaterThan(50);
  expect({ lost: load.lost, refused: load.refused, reasons: load.reasons }).toEqual({ lost: 0, refused: 0, reasons: {} });
}
