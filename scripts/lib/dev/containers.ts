import type Dockerode from 'dockerode';
import type { Config } from '../config/load.js';
import type { Docker } from '../engine/docker.js';
import { SlipwayError, UsageError } from '../errors.js';

/** One container of the development stack. */
export interface DevContainer {
  id: string;
  name: string;
  service: string;
  /**
   * up: it runs and is not known to be ill; done: it has ended, with exit code 0; failed: it has ended otherwise, keeps crashing
   * or is unhealthy; waiting: its turn or its health is still to come.
   */
  state: 'up' | 'done' | 'failed' | 'waiting';
  running: boolean;
}

/** @returns the containers of the development stack, without those of single commands (`docker compose run`) */
export async function devContainers(docker: Docker, { names }: Config): Promise<DevContainer[]> {
  const found = await docker.containers([`com.docker.compose.project=${names.dev}`, 'com.docker.compose.oneoff=False']);
  return found.map((info) => ({
    id: info.Id,
    name: info.Names[0]?.slice(1) ?? info.Id,
    service: info.Labels['com.docker.compose.service'] ?? '',
    state: stateOf(info),
    running: info.State === 'running',
  }));
}

/** The engine tells health and exit code only in these words: `Up 5 minutes (healthy)`, `Exited (0) 2 minutes ago`. */
function stateOf({ State, Status }: Dockerode.ContainerInfo): DevContainer['state'] {
  if (State === 'running' && Status.endsWith('(unhealthy)')) return 'failed';
  if (State === 'running') return Status.endsWith('(health: starting)') ? 'waiting' : 'up';
  if (State === 'exited') return Status.startsWith('Exited (0)') ? 'done' : 'failed';
  return State === 'restarting' || State === 'dead' ? 'failed' : 'waiting';
}

/**
 * @param containers those of the development stack
 * @returns the containers of the service, running or not
 * @throws SlipwayError when there is no stack; UsageError when it has no such service
 */
export function containersOf(containers: readonly DevContainer[], service: string): DevContainer[] {
  if (containers.length === 0) throw new SlipwayError('the development stack is not up', { hints: ['type: npm run dev:up'] });
  const own = containers.filter((container) => container.service === service);
  if (own.length > 0) return own;
  const known = [...new Set(containers.map((container) => container.service))].sort();
  throw new UsageError(`${JSON.stringify(service)}: is no service of the development stack`, { hints: [`it has ${known.join(', ')}`] });
}

/**
 * @returns a running container of the service, even one that is ill: it can be looked into
 * @throws like {@link containersOf}, and SlipwayError when none runs
 */
export function runningOf(containers: readonly DevContainer[], service: string): DevContainer {
  const own = containersOf(containers, service);
  const running = own.find((container) => container.running);
  if (running) return running;
  const what = own[0]?.state === 'done' ? 'has done its work and does not run' : 'does not run';
  throw new SlipwayError(`${service} ${what}`, { hints: ['type: npm run dev:logs', 'or: npm run dev:up'] });
}
