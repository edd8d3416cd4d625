import { readFileSync } from 'node:fs';

/**
 * Names a process of this container so that no later one has the same name: numbers begin again with each start of the
 * container, so the time at which the process started belongs to it (in ticks since the machine started, as Linux counts).
 *
 * @returns undefined when there is no such process
 */
export function processId(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name, in parentheses, may have spaces: the 22nd field is the 20th behind it.
    return `${pid}@${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

/** @returns whether the process of that name still is there */
export function isAlive(id: string): boolean {
  return processId(Number.parseInt(id, 10)) === id;
}
