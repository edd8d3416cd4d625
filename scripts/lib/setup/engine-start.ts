import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Docker } from '../engine/docker.js';
import { run, tryRun } from '../engine/run.js';
import { SlipwayError } from '../errors.js';
import { daemonPaths, type HostFacts } from './engine-facts.js';

const LOG = '/var/log/dockerd.log';
const PID_FILES = ['/var/run/docker.pid', '/run/docker-ssd.pid'];
const LIMIT_MS = 60_000;
const POLL_MS = 200;

/**
 * Starts the engine that is installed on this machine, and waits until it answers.
 *
 * @param init the machine's way to start services; `none` means a dockerd in the background, which outlives this process
 * @returns the way that it was started
 * @throws SlipwayError with the last lines of its log
 */
export async function startEngine(docker: Docker, init: HostFacts['init'], say: (line: string) => void): Promise<HostFacts['init']> {
  const by = await byService(init, say);
  // A package's installation may have started one a moment ago: a second one would only complain.
  const ended = by === 'none' && !isStarting() ? startInBackground() : new Promise<never>(() => {});
  const stop = new AbortController();
  try {
    await Promise.race([answer(docker, stop.signal), ended]);
    return by;
  } catch (error) {
    throw new SlipwayError('the Docker Engine was started, but it does not answer', {
      details: await lastWords(by),
      hints: [by === 'systemd' ? 'type: journalctl -u docker' : `read ${LOG}`],
      cause: error,
    });
  } finally {
    stop.abort();
  }
}

async function byService(init: HostFacts['init'], say: (line: string) => void): Promise<HostFacts['init']> {
  if (init === 'systemd') await run(['systemctl', 'start', 'docker'], { onLine: say });
  if (init !== 'service') return init;
  // In a container the init script fails at raising its limits, which a dockerd of our own does without.
  const { exitCode } = await tryRun(['service', 'docker', 'start'], { onLine: say });
  return exitCode === 0 ? 'service' : 'none';
}

function startInBackground(): Promise<never> {
  const program = daemonPaths.find((path) => existsSync(path)) ?? 'dockerd';
  const log = openSync(LOG, 'a');
  // In a session of its own: neither Ctrl-C nor the end of this terminal reaches it.
  const child = spawn(program, [], { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  child.unref();
  return new Promise((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`dockerd ended with ${signal ?? `exit code ${code}`}`)));
  });
}

async function answer(docker: Docker, signal: AbortSignal): Promise<void> {
  const limit = Date.now() + LIMIT_MS;
  while (!signal.aborted && !(await docker.probe())) {
    if (Date.now() > limit) throw new Error(`no answer within ${LIMIT_MS / 1_000} s`);
    // The engine tells nobody when its socket is ready.
    await sleep(POLL_MS);
  }
}

function isStarting(): boolean {
  return PID_FILES.some((file) => existsSync(file) && existsSync(`/proc/${readFileSync(file, 'utf8').trim()}`));
}

async function lastWords(by: HostFacts['init']): Promise<string[]> {
  if (by === 'systemd') {
    const { stdout } = await run(['journalctl', '--unit=docker', '--lines=12', '--no-pager', '--output=cat']);
    return stdout.split('\n').filter(Boolean);
  }
  const file = [LOG, '/var/log/docker.log'].find((path) => existsSync(path));
  return file ? readFileSync(file, 'utf8').split('\n').filter(Boolean).slice(-12) : [];
}
