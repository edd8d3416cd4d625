import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** How long what a struck deployer has started may go on by itself (milliseconds): a build, a one-off container. */
const LIMIT_MS = 60_000;

/**
 * Waits until no program is left that a deployer has started: they outlive it, and do what they were told.
 *
 * @param host the door to the engine that all of them go through, as their DOCKER_HOST says
 * @param except deployers that are halted
 * @throws Error when they go on
 */
export async function orphansGone(host: string, except: readonly number[] = []): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const left = programsThrough(host).filter(({ pid }) => !except.includes(pid));
    if (left.length === 0) return;
    if (performance.now() > deadline) throw new Error(`these go on: ${left.map(({ command }) => command.slice(0, 120)).join('; ')}`);
    await delay(50);
  }
}

function programsThrough(host: string): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        if (!readFileSync(`/proc/${name}/environ`, 'latin1').includes(`DOCKER_HOST=${host}`)) return [];
        return [{ pid: Number(name), command: readFileSync(`/proc/${name}/cmdline`, 'latin1').replaceAll('\0', ' ') }];
      } catch {
        return []; // it has ended in between
      }
    });
}
