import { accessSync, constants, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system in memory, where Linux has one: what was there leaves no trace on a disk. */
const IN_MEMORY = '/dev/shm';
const NAME = /^slipway-edit-(\d+)-/;

/**
 * Gives a text to some work as a file that only this user can read, in a folder of its own; both are gone afterwards, however the
 * work ends. Of a process that was killed (SIGKILL) they are left, in memory, and removed when the next one begins.
 *
 * @param name the file's name, by which editors know its kind
 * @param work gets the file's path
 */
export async function withPrivateFile<T>(name: string, text: string, work: (file: string) => Promise<T>): Promise<T> {
  const parent = isUsable(IN_MEMORY) ? IN_MEMORY : tmpdir();
  removeLeftOver(parent);
  const folder = mkdtempSync(join(parent, `slipway-edit-${process.pid}-`));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // Whatever ends the process without ending the work.
  process.once('exit', remove);
  try {
    const file = join(folder, name);
    writeFileSync(file, text, { flag: 'wx', mode: 0o600 });
    return await work(file);
  } finally {
    remove();
    process.off('exit', remove);
  }
}

function isUsable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
}

function removeLeftOver(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = NAME.exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    const folder = join(parent, name);
    if (statSync(folder, { throwIfNoEntry: false })?.uid === process.getuid?.()) rmSync(folder, { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
