import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { projectRoot } from './root.js';

/**
 * @param path a path as the configuration gives it
 * @returns the absolute path; relative ones count from the project's folder
 */
export function fromRoot(path: string): string {
  return isAbsolute(path) ? path : resolve(projectRoot, path);
}

/** @returns whether there is a file; what nobody could open (too long a name, one with a NUL character) is none */
export function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Reads a text file that may not be there.
 *
 * @returns its text, or why it cannot be read; neither when there is no such file
 */
export function readIfThere(path: string): { text?: string; problem?: string } {
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return {};
    return { problem: code === 'EISDIR' ? 'is a folder, and should be a file' : `cannot be read (${code})` };
  }
}
