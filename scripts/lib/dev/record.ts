import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../config/load.js';
import type { Dev } from './look.js';
import { devModel } from './model.js';

const schema = z.object({
  /** What Compose made of the files, as a hash, and what we made of that: reading YAML takes longer than everything else. */
  yaml: z.string(),
  model: devModel,
  /** What the stack was started from, and the images that came of it, see {@link Dev}. */
  sources: z.string(),
  images: z.string(),
  /** Its containers by id, and how they were then. */
  containers: z.record(z.string(), z.string()),
});

/** What the last start of a development stack came to. It saves the next one its work, and nothing else depends on it. */
export type DevRecord = z.output<typeof schema>;

/** @returns what there is to remember of a stack */
export function recordOf({ yaml, model, sources, images, containers }: Dev): DevRecord {
  return { yaml, model, sources, images, containers: Object.fromEntries(containers.map(({ id, state }) => [id, state])) };
}

/** @returns whether nothing has changed since: neither what the stack is made of nor any of its containers, which all are well */
export function isUnchanged(then: DevRecord, now: DevRecord): boolean {
  const ids = Object.keys(then.containers);
  return (
    then.yaml === now.yaml &&
    then.sources === now.sources &&
    then.images === now.images &&
    ids.length === Object.keys(now.containers).length &&
    ids.every((id) => /^(up|done)$/.test(then.containers[id] ?? '') && then.containers[id] === now.containers[id])
  );
}

/** @returns the record, or undefined when there is none that can be read */
export async function readRecord(config: Config): Promise<DevRecord | undefined> {
  const text = await readFile(fileOf(config), 'utf8').catch(() => '');
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined; // it was cut off, or an older version wrote it: as good as none
  }
}

export async function writeRecord(config: Config, record: DevRecord): Promise<void> {
  await mkdir(dirname(fileOf(config)), { recursive: true });
  await writeFile(fileOf(config), JSON.stringify(record));
}

export async function forgetRecord(config: Config): Promise<void> {
  await rm(fileOf(config), { force: true });
}

/** Where tools keep what can be made again; it goes with the installed packages. */
function fileOf({ root, names }: Config): string {
  return join(root, 'node_modules', '.cache', 'slipway', `${names.dev}.json`);
}
