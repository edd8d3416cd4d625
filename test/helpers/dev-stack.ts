import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import { expect } from 'vitest';
import { projectRoot } from '../../scripts/lib/config/root.js';
import { type Answer, fetchFrom } from './http.js';
import { engine } from './leftovers.js';
import { type Ended, start } from './process.js';
import { createStack, freePort, type RunOptions, type Stack, type Values } from './stack.js';

const PORTS = [
  'DEV_PORT',
  'DEV_BACKEND_PORT',
  'DEV_DEBUG_PORT',
  'DEV_WORKER_DEBUG_PORT',
  'DEV_POSTGRES_PORT',
  'DEV_REDIS_PORT',
  'DEV_S3_PORT',
  'DEV_MAIL_PORT',
] as const;

/** What no developer has in the sources of an app that is built in images. */
const isSource = (path: string) => !['node_modules', 'dist'].includes(basename(path));

/** A development stack whose app is a copy of the sample, so that changing it concerns nobody else. */
export class DevStack {
  readonly stack: Stack;
  readonly compose: string;

  constructor(stack: Stack) {
    this.stack = stack;
    this.compose = join(stack.folder, 'compose/dev.yml');
    for (const path of ['compose/dev.yml', 'infra/sample', 'infra/dev-edge']) {
      cpSync(join(projectRoot, path), join(stack.folder, path), { recursive: true, filter: isSource });
    }
    stack.set({ DEV_COMPOSE: this.compose });
  }

  port(name: (typeof PORTS)[number]): number {
    return Number(this.stack.values[name]);
  }

  get project(): string {
    return `${this.stack.name}-dev`;
  }

  /** Runs `dev <words>` and gives it nothing to read. */
  run(words: readonly string[], options: RunOptions = {}): Promise<Ended> {
    return this.stack.start('dev', words, options).ended;
  }

  /** Like {@link DevStack.run}, and expects that it works. */
  async done(words: readonly string[], options: RunOptions = {}): Promise<Ended> {
    const ended = await this.run(words, options);
    expect(ended.exitCode, `${ended.stderr}\n${ended.stdout}`).toBe(0);
    return ended;
  }

  /** Hands a command on to a program inside a container. @returns what it printed */
  async inside(action: 'shell' | 'psql' | 'redis', ...command: string[]): Promise<string> {
    const typed = [process.execPath, 'scripts/dev.mjs', action, '--dotenv', this.stack.dotenv, '--', ...command] as const;
    const { exitCode, stdout, stderr } = await start([...typed]).ended;
    expect(exitCode, stderr).toBe(0);
    return stdout.trim();
  }

  /** One request to the app, through its edge. */
  fetch(path: string): Promise<Answer> {
    return fetchFrom({ port: this.port('DEV_PORT'), path });
  }

  async containers(): Promise<Dockerode.ContainerInfo[]> {
    return engine.listContainers({ all: true, filters: { label: [`com.docker.compose.project=${this.project}`] } });
  }

  async ids(): Promise<string[]> {
    return (await this.containers()).map(({ Id }) => Id).sort();
  }

  async container(service: string): Promise<Dockerode.Container> {
    const found = (await this.containers()).find(({ Labels }) => Labels['com.docker.compose.service'] === service);
    return engine.getContainer(found?.Id ?? service);
  }

  /** Changes one of the app's files. */
  change(file: string, from: string, to: string): void {
    const path = join(this.stack.folder, 'infra/sample', file);
    const before = readFileSync(path, 'utf8');
    expect(before).toContain(from);
    writeFileSync(path, before.replace(from, to));
  }
}

/** @returns a development stack that is not up yet */
export async function createDevStack(values: Values = {}): Promise<DevStack> {
  const ports = Object.fromEntries(await Promise.all(PORTS.map(async (name) => [name, String(await freePort())] as const)));
  return new DevStack(await createStack({ ...ports, ...values }, { quick: true }));
}

/** How long a change may take altogether before it counts as lost (milliseconds). */
const PATIENCE_MS = 20_000;

/** @returns the milliseconds until something is seen; a look that fails has seen nothing */
export async function millisecondsUntil(isSeen: () => Promise<boolean>): Promise<number> {
  const began = performance.now();
  while (!(await isSeen().catch(() => false))) {
    if (performance.now() - began > PATIENCE_MS) throw new Error(`nothing of it within ${PATIENCE_MS / 1_000} s`);
    await delay(20);
  }
  return performance.now() - began;
}
