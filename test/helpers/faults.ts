import { execFileSync, spawnSync } from 'node:child_process';
import type Dockerode from 'dockerode';
import { expect } from 'vitest';
import { engine } from './leftovers.js';
import type { Ended, Running } from './process.js';
import { createStack, type LoadSummary, type Stack } from './stack.js';

export const SERVICES = ['backend', 'backend', 'backend-jobs', 'frontend', 'scheduler', 'worker'];

/** @returns the colour that is not live */
export function otherColour(live: string | undefined): 'blue' | 'green' {
  return live === 'blue' ? 'green' : 'blue';
}

const JOB = { path: '/api/jobs', body: '{"payload":{"ms":1}}' };

/**
 * Ends a container's program as a crash would. `docker kill` would not do: the engine takes that for a stop by hand, after
 * which no restart policy brings the container back.
 */
export function crash({ id }: Pick<Dockerode.Container, 'id'>): void {
  // All processes but the first one, which is the engine's own init and ends with its child.
  spawnSync('docker', ['exec', id, 'sh', '-c', 'kill -9 -1']);
}

/** What a fault in the middle of a deploy came to. */
export interface Broken {
  ended: Ended;
  load: LoadSummary;
  /** The version that was being deployed. */
  version: string;
}

/** Breaks something in the middle of deploys of a stack with the sample app, and looks afterwards whether all is well. */
export class Faults {
  readonly stack: Stack;
  /** How many jobs clients were told are accepted. */
  accepted = 0;
  #versions = 0;

  constructor(stack: Stack) {
    this.stack = stack;
  }

  next(): string {
    return `t${++this.#versions}`;
  }

  /** Does some work while clients read and post jobs, none of which is ever sent twice. */
  async loaded<T>(work: () => Promise<T>): Promise<{ result: T; load: LoadSummary }> {
    const { result, load } = await this.stack.underLoad(work, JOB);
    this.accepted += load.posted;
    return { result, load };
  }

  /** Begins a deploy, breaks something when it is there, and waits until the deploy has ended, all under load. */
  async during(breaking: (deploying: Running) => Promise<void>, version = this.next()): Promise<Broken> {
    const { result, load } = await this.loaded(async () => {
      const deploying = this.stack.startDeploy(version);
      try {
        await breaking(deploying);
        return await deploying.ended;
      } finally {
        deploying.kill('SIGKILL');
      }
    });
    return { ended: result, load, version };
  }

  /** A plain deploy works, loses nothing, and leaves everything in order. @returns its version */
  async converges(): Promise<string> {
    const version = this.next();
    const { load } = await this.loaded(() => this.stack.deployed(version));
    expect({ lost: load.lost, refused: load.refused, reasons: load.reasons }).toEqual({ lost: 0, refused: 0, reasons: {} });
    await this.inOrder(version);
    return version;
  }

  /** One release is live and whole, nothing runs in the other colour, nothing temporary is left, and status agrees. */
  async inOrder(version: string): Promise<void> {
    const { stack } = this;
    const { release, colour } = await stack.live();
    expect(release).toBe(version);
    const idle = otherColour(colour);
    expect(await stack.running(otherColour(idle))).toEqual(SERVICES);
    expect(await stack.running(idle)).toEqual([]);
    const { json } = await stack.start('status', []).ended;
    expect(json).toMatchObject({ live: { version, colour }, problems: [] });
    expect(json).not.toHaveProperty('running');
    const temporary = ({ Labels, Names }: Dockerode.ContainerInfo) =>
      Labels['com.docker.compose.oneoff'] === 'True' || Names.some((name) => name.endsWith('-deck'));
    expect((await stack.containers()).filter(temporary)).toEqual([]);
  }

  /** Every job that was accepted is done, and none twice, but for a few where that is documented; no two schedulers ran. */
  async jobsAreWhole({ twice = 0 } = {}): Promise<void> {
    const summary = async () => JSON.parse((await this.stack.fetch('/api/jobs/summary')).body) as Record<string, number>;
    await expect.poll(summary, { timeout: 60_000, interval: 500 }).toMatchObject({ queued: 0, processing: 0 });
    const { done, duplicates } = await summary();
    expect(done).toBeGreaterThanOrEqual(this.accepted);
    expect(duplicates).toBeLessThanOrEqual(twice);
    expect(await this.stack.schedulersAtOnce()).toEqual([]);
  }
}

/**
 * A stack with a release that faults can be tried on. A container may take its time to become healthy meanwhile.
 *
 * @param prepare done before anything of it exists but its .env file
 */
export async function faultyStack(prepare: (stack: Stack) => Promise<void> = async () => {}): Promise<{ stack: Stack; faults: Faults }> {
  const stack = await createStack({ HEALTH_TIMEOUT: '60s' }, { quick: true });
  try {
    await prepare(stack);
    const faults = new Faults(stack);
    await stack.deployed(faults.next());
    return { stack, faults };
  } catch (error) {
    await stack.destroy();
    throw error;
  }
}

/** A journal's volume that has next to no room. */
export interface TinyJournal {
  /** Leaves no room at all. */
  fill: () => void;
  free: () => void;
}

/**
 * Makes the stack's journal a file system of its own, in memory. A container holds it, since its content would be gone with
 * the last one that mounts it.
 *
 * @param size as tmpfs takes it, such as `256k`
 */
export async function makeTinyJournal({ name, values }: Stack, size: string): Promise<TinyJournal> {
  const volume = `${name}-journal`;
  await engine.createVolume({
    Name: volume,
    Labels: { 'dev.slipway.stack': name },
    DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: `size=${size}` },
  });
  const holder = await engine.createContainer({
    name: `${name}-journal-holder`,
    Image: values.NODE_IMAGE ?? '',
    Cmd: ['sleep', 'infinity'],
    User: '0:0',
    HostConfig: { Init: true, Mounts: [{ Type: 'volume', Source: volume, Target: '/journal' }] },
  });
  await holder.start();
  const inside = (script: string) => execFileSync('docker', ['exec', holder.id, 'sh', '-c', script], { stdio: 'ignore' });
  return {
    // At last the rest of the journal's last page, with empty lines, which say nothing: else a few more records would find room there.
    fill: () =>
      inside(`cd /journal && { dd if=/dev/zero of=ballast bs=4k; head -c 4096 /dev/zero | tr '\\0' '\\n' >> journal.jsonl; } || :`),
    free: () => inside('rm -f /journal/ballast'),
  };
}
