import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes a file whole or not at all: whoever reads it, after a crash at whatever moment as well, finds the old text or the new one. */
export function writeDurably(path: string, text: string): void {
  const file = openSync(`${path}.new`, 'w');
  try {
    // Not writeSync, which may write a part alone and tell so by nothing but a number.
    writeFileSync(file, text);
    fsyncSync(file);
  } catch (error) {
    rmSync(`${path}.new`, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
  syncFolder(dirname(path));
}

/** Has the names in a folder on the disk: a file that was made, renamed or removed is so for good only after that. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  fsyncSync(folder);
  closeSync(folder);
}
