import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param folder a folder of plain files
 * @returns a SHA-256 over the paths, permission bits and bytes of its files, as hex: what an image built from it depends on
 */
export function hashOfFolder(folder: string): string {
  const hash = createHash('sha256');
  for (const path of filesOf(folder)) {
    const file = join(folder, path);
    const content = readFileSync(file);
    // The length keeps the end of one file and the start of the next apart.
    hash.update(`${path}\0${(statSync(file).mode & 0o777).toString(8)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
