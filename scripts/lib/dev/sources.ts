import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What no build copies from a folder that somebody works in: installed packages are installed anew, in the image. */
const PASSED_OVER = new Set(['.git', 'node_modules']);

/**
 * Tells of a folder's files what changes whenever one of them does, without reading them: the time of the last change of a file's
 * content or mode cannot be set by hand (ctime, see inode(7)).
 *
 * @param folder an absolute path; one that is not there has no files
 * @returns a line a file, in order
 */
export function stampsOf(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries
    .filter(({ name }) => !PASSED_OVER.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return stampsOf(path);
      const { size, ctimeMs } = lstatSync(path);
      return [`${path} ${size} ${ctimeMs}`];
    });
}
