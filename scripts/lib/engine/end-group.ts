import { setTimeout as delay } from 'node:timers/promises';

/** How often it is looked whether the group is gone (milliseconds). */
const LOOK_MS = 50;

/**
 * Ends a process group: asks it to, and kills what is left of it after the grace.
 *
 * @param leader the process id of its leader, which may have ended before the others
 * @returns when nothing of the group is left, or it was killed
 */
export async function endGroup(leader: number, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  for (let there = signalled(leader, 'SIGTERM'); there; there = signalled(leader, 0)) {
    if (performance.now() > deadline) return void signalled(leader, 'SIGKILL');
    await delay(LOOK_MS);
  }
}

/** @returns whether there is anything of the group; signal 0 only asks */
function signalled(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch (error) {
    // What has become another user's cannot be signalled, and is there all the same.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
