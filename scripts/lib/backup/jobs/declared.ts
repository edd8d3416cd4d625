import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readIfThere } from './files.js';
import { parsed } from './memory.js';

const description = z.object({ jobs: z.record(z.string(), z.string()).default({}) });

/** The jobs of the live release: when each is due, as a cron expression. */
export type Declared = Readonly<Record<string, string>>;

/**
 * Follows what the deploys write down about the release that is live.
 *
 * @param folder where the snapshot is
 * @param doubt told when it cannot be understood. The engine's API does not write a file at once, so that is sure only when
 *   the file is still the same the next time
 * @returns a function that says what the release declares when that is new since it was last called
 */
export function followDeclared(folder: string, doubt: (problem: string) => void): () => Promise<Declared | undefined> {
  const file = join(folder, 'release.json');
  let known: string | undefined;
  let doubtful: string | undefined;
  return async () => {
    const version = await versionOf(file);
    // While it is replaced it is away for a moment.
    if (version === undefined || version === known) return undefined;
    const jobs = description.safeParse(parsed((await readIfThere(file)) ?? '')).data?.jobs;
    if (jobs !== undefined) {
      known = version;
    } else if (version === doubtful) {
      known = version;
      doubt(`${file} cannot be understood: the jobs are those of the release before`);
    }
    doubtful = version;
    return jobs;
  };
}

/** @returns a text that changes with the file; undefined when there is none */
async function versionOf(file: string): Promise<string | undefined> {
  try {
    const { ino, mtimeMs, ctimeMs, size } = await stat(file);
    return [ino, mtimeMs, ctimeMs, size].join(' ');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
