import { setTimeout as delay } from 'node:timers/promises';
import type { Colour, Names } from '../config/names.js';
import type { Docker } from '../engine/docker.js';
import { messageOf, SlipwayError } from '../errors.js';
import { type ContainerState, containersOf } from './state.js';

/** A container of the new colour died, or did not become healthy in time. */
export class ContainerError extends SlipwayError {}

/** How often the engine's list is read while waiting; a health check's own interval at the start is 200 ms. */
const POLL_MS = 50;

export interface Awaited {
  services: readonly string[];
  /** How many containers each service is to have. */
  replicas: (service: string) => number;
  timeoutMs: number;
  signal?: AbortSignal;
  progress?: (text: string) => void;
}

/**
 * Waits until every replica of the services runs and, where it has a health check, is healthy.
 *
 * @param where the colour that the services are in, or `base`
 * @throws ContainerError with the container's state, its health check's last words and its last log lines
 */
export async function awaitHealthy(docker: Docker, names: Names, where: Colour | 'base', awaited: Awaited): Promise<void> {
  const deadline = performance.now() + awaited.timeoutMs;
  for (let last = ''; ; ) {
    awaited.signal?.throwIfAborted();
    const { base, colours } = await containersOf(docker, names);
    const containers = (where === 'base' ? base : colours[where]).filter(({ service }) => awaited.services.includes(service));
    const wanted = awaited.services.reduce((sum, service) => sum + awaited.replicas(service), 0);
    const ready = containers.filter(isReady);
    if (ready.length >= wanted) return;

    const bad = containers.find(
      ({ health, state }) => health === 'unhealthy' || state === 'exited' || state === 'dead' || state === 'restarting',
    );
    if (bad) throw await containerError(docker, bad, reasonOf(bad));
    if (performance.now() > deadline) {
      const waiting = containers.find((container) => !isReady(container));
      if (!waiting) throw new ContainerError(`only ${ready.length} of ${wanted} containers of ${awaited.services.join(', ')} are there`);
      throw await containerError(docker, waiting, `not healthy after ${Math.round(awaited.timeoutMs / 1_000)} s`);
    }
    const now = `${ready.length} of ${wanted} ready`;
    if (now !== last) awaited.progress?.(now);
    last = now;
    await delay(POLL_MS);
  }
}

/** @returns whether a container runs and, where it has a health check, is healthy */
export function isReady({ state, health }: ContainerState): boolean {
  return state === 'running' && (health === undefined || health === 'healthy');
}

function reasonOf({ health, state }: ContainerState): string {
  return health === 'unhealthy' ? 'unhealthy' : `it is ${state}`;
}

/**
 * Describes a container that failed.
 *
 * @param reason a few words about what is wrong
 * @returns the error, with exit code, health check and last log lines as details
 */
export async function containerError(
  docker: Docker,
  container: Pick<ContainerState, 'id' | 'name'>,
  reason: string,
): Promise<ContainerError> {
  const [described, log] = await Promise.all([
    docker.inspect(container.id),
    docker.logTail(container.id).catch((error: unknown) => [`(no log: ${messageOf(error)})`]),
  ]);
  const details: string[] = [];
  const { State: state } = described ?? {};
  if (state)
    details.push(
      `state: ${state.Status}, exit code ${state.ExitCode}, restarts ${described?.RestartCount ?? 0}${state.OOMKilled ? ', out of memory' : ''}`,
    );
  const health = state?.Health?.Log?.at(-1)?.Output?.trim();
  if (health) details.push(`health check: ${health.split('\n').at(-1)}`);
  details.push(...log.map((line) => `log: ${line}`));
  return new ContainerError(`${container.name}: ${reason}`, { details });
}

/**
 * Calls back when a container of a colour ends while it should not, by the engine's event stream: a container that
 * restarts quickly is missed by any poll.
 *
 * @param onDeath told the container's name, id and exit code
 * @returns stops watching
 */
export async function watchDeaths(
  docker: Docker,
  project: string,
  onDeath: (container: { id: string; name: string }, exitCode: string) => void,
): Promise<() => void> {
  const stream = await docker.call("following the engine's events", () =>
    docker.api.getEvents({
      filters: { type: ['container'], event: ['die'], label: [`com.docker.compose.project=${project}`, 'com.docker.compose.oneoff=False'] },
    }),
  );
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines.filter(Boolean)) {
      const { Actor } = JSON.parse(line) as { Actor: { ID: string; Attributes: Record<string, string> } };
      onDeath({ id: Actor.ID, name: Actor.Attributes.name ?? Actor.ID }, Actor.Attributes.exitCode ?? '?');
    }
  });
  // The engine going away shows in the next call anyhow.
  stream.on('error', () => {});
  return () => (stream as unknown as { destroy: () => void }).destroy();
}

/** @returns whether a container does something, or is about to: one between two crashes counts */
export function isAlive({ state }: Pick<ContainerState, 'state'>): boolean {
  return state === 'running' || state === 'restarting' || state === 'paused';
}

/** Stops containers side by side, each with its own grace period. Those that are not running are left alone. */
export async function stopContainers(docker: Docker, containers: readonly ContainerState[]): Promise<void> {
  const running = containers.filter(isAlive);
  await Promise.all(
    running.map(({ id, name }) => docker.change(`stopping ${name}`, () => docker.api.getContainer(id).stop()).catch(ignoreGone)),
  );
}

/** Removes a container, running or not. One that is not there is no error. */
export async function removeContainer(docker: Docker, name: string): Promise<void> {
  await docker.change(`removing ${name}`, () => docker.api.getContainer(name).remove({ force: true })).catch(ignoreGone);
}

/** Removes one-off containers that a killed deployer left running: whoever calls this holds the lock, so nobody waits for them. */
export async function removeAbandonedRuns(docker: Docker, names: Names): Promise<void> {
  const left = await docker.containers([`dev.slipway.stack=${names.base}`, 'com.docker.compose.oneoff=True']);
  await Promise.all(left.map(({ Id }) => removeContainer(docker, Id)));
}

/** Starts containers that were stopped. */
export async function startContainers(docker: Docker, containers: readonly ContainerState[]): Promise<void> {
  await Promise.all(
    containers.map(({ id, name }) => docker.change(`starting ${name}`, () => docker.api.getContainer(id).start()).catch(ignoreGone)),
  );
}

/** 304: it was stopped (or started) already. 404: it is gone. 409: its removal is under way. */
function ignoreGone(error: unknown): void {
  const { status } = error as { status?: number };
  if (status !== 304 && status !== 404 && status !== 409) throw error;
}
