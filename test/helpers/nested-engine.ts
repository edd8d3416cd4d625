import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import Dockerode from 'dockerode';
import { expect, inject, vi } from 'vitest';
import { Docker } from '../../scripts/lib/engine/docker.js';
import { makeDebianImage, recipeLabel, recipeOfSystem } from '../../scripts/lib/setup/debian-image.js';
import { silent } from '../../scripts/lib/setup/progress.js';
import { engine as outer } from './leftovers.js';
import { type Elsewhere, freePort } from './stack.js';

const IMAGE = 'slipway/test-engine:latest';
/** Debian 13's engine is the one that setup installs. */
const SYSTEM = { suite: 'trixie', packages: ['docker.io', 'docker-cli', 'iptables', 'ca-certificates'] };
/** Started again whenever it ends, as an init system would. Its files of a moment lie in /run, which a reboot empties. */
const MACHINE = 'while :; do dockerd --host=unix:///engine/docker.sock --storage-driver=overlay2 $(cat /engine/options); sleep 0.2; done';
const PATIENCE = { timeout: 90_000, interval: 100 };

/** A machine with an engine of its own: a privileged container, so that restarting its engine concerns nobody else. */
export interface NestedEngine extends Elsewhere {
  /** Brings images of this machine's engine there. */
  load: (images: readonly string[]) => Promise<void>;
  /**
   * Ends the engine as `systemctl restart docker` does: containers are asked to end. Resolves when it answers again.
   *
   * @param options further options of dockerd from here on, such as `--live-restore`
   */
  restart: (options?: readonly string[]) => Promise<void>;
  /** Ends the engine alone, by SIGKILL; its containers go on until it is back. */
  crash: () => Promise<void>;
  /** A power cut: everything ends at once, and the machine starts again. */
  reboot: () => Promise<void>;
  /** Removes the machine with everything on it. */
  stop: () => Promise<void>;
}

/** Starts a machine; its image is made from Debian packages when it is not there yet (half a minute). */
export async function startNestedEngine(): Promise<NestedEngine> {
  await ensureImage();
  const folder = mkdtempSync(join(tmpdir(), 'slipway-engine-'));
  const configure = (options: readonly string[]) => writeFileSync(join(folder, 'options'), options.join(' '));
  configure([]);
  const edge = { port: await freePort(), publishedAt: await freePort() };
  const machine = await outer.createContainer({
    name: `${inject('runPrefix')}-engine-${randomBytes(3).toString('hex')}`,
    Image: IMAGE,
    Cmd: ['sh', '-c', MACHINE],
    Volumes: { '/var/lib/docker': {} },
    ExposedPorts: { [`${edge.port}/tcp`]: {} },
    HostConfig: {
      Privileged: true,
      Init: true,
      Binds: [`${folder}:/engine`],
      Tmpfs: { '/run': '' },
      PortBindings: { [`${edge.port}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: String(edge.publishedAt) }] },
    },
  });
  const socket = join(folder, 'docker.sock');
  const host = `unix://${socket}`;
  const api = new Dockerode({ socketPath: socket });
  const answers = () => vi.waitUntil(() => api.ping().catch(() => undefined), PATIENCE);
  const ended = async (signal: 'TERM' | 'KILL') => {
    const before = pidOf(machine.id);
    execFileSync('docker', ['exec', machine.id, 'sh', '-c', `kill -${signal} ${before}`]);
    await vi.waitUntil(() => !['', before].includes(pidOf(machine.id)), PATIENCE);
    await answers();
  };
  await machine.start();
  await answers();
  return {
    host,
    api,
    edge,
    load: (images) => copyImages(images, host),
    restart: (options) => {
      if (options) configure(options);
      return ended('TERM');
    },
    crash: () => ended('KILL'),
    reboot: async () => {
      await machine.kill();
      await machine.start();
      await answers();
    },
    stop: async () => {
      await machine.remove({ force: true, v: true });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @returns the process id of the machine's dockerd; empty while there is none */
function pidOf(machine: string): string {
  return execFileSync('docker', ['exec', machine, 'sh', '-c', 'cat /run/docker.pid 2>/dev/null || :'], { encoding: 'utf8' }).trim();
}

async function copyImages(images: readonly string[], host: string): Promise<void> {
  const save = spawn('docker', ['save', ...images], { stdio: ['ignore', 'pipe', 'inherit'] });
  const load = spawn('docker', [`--host=${host}`, 'load', '--quiet'], { stdio: ['pipe', 'ignore', 'inherit'] });
  const codes = [save, load].map(async (child) => (await once(child, 'close'))[0] as number);
  await pipeline(save.stdout, load.stdin);
  expect(await Promise.all(codes), 'docker save and docker load').toEqual([0, 0]);
}

async function ensureImage(): Promise<void> {
  const docker = new Docker();
  const found = await docker.image(IMAGE);
  if (found?.Config.Labels?.[recipeLabel] !== recipeOfSystem(SYSTEM)) await makeDebianImage(docker, IMAGE, SYSTEM, silent);
}
