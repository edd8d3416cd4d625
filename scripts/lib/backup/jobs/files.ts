import { constants } from 'node:fs';
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Result } from './run.js';

const RESULT = /^(\S+) (ended|stopped|lost) (\d{1,3}) (\d{1,9})$/;
/** Runners write one short line (bytes). */
const LONGEST = 256;

/** @returns how the last run of a job ended; undefined when none has, or its file says nothing that can be understood */
export async function readResult(folder: string, job: string): Promise<Result | undefined> {
  const [, run = '', how, exitCode, seconds] = RESULT.exec((await readLine(folder, `${job}.done`)) ?? '') ?? [];
  return how === undefined ? undefined : { run, how: how as Result['how'], exitCode: Number(exitCode), seconds: Number(seconds) };
}

/** @returns the run of a job that is going on; undefined when none is */
export async function readRunning(folder: string, job: string): Promise<string | undefined> {
  return readLine(folder, `${job}.running`);
}

/** @returns the run that a job was told to begin last, if it is not settled; undefined when there is none */
export async function readDue(folder: string, job: string): Promise<string | undefined> {
  return readLine(folder, `${job}.due`);
}

/** Tells a job's runner to begin a run. Saying it twice changes nothing. */
export async function writeDue(folder: string, job: string, run: string): Promise<void> {
  await replaceFile(join(folder, `${job}.due`), `${run}\n`);
}

export async function removeDue(folder: string, job: string): Promise<void> {
  await rm(join(folder, `${job}.due`), { force: true });
}

/** Writes a file whole or not at all, also when the power fails. Runners are other users, and read it. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o644, flush: true });
  await rename(`${path}.new`, path);
}

/** @returns a file's text; undefined when there is none */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Reads the first line of a file that the app may have written, so that it may be anything: a link to a secret of this
 * container, a pipe that nobody writes to, a terabyte. What is no plain file counts as none.
 */
async function readLine(folder: string, name: string): Promise<string | undefined> {
  const file = await openPlain(join(folder, name));
  if (file === undefined) return undefined;
  try {
    if (!(await file.stat()).isFile()) return undefined;
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(LONGEST), position: 0 });
    return buffer.toString('utf8', 0, bytesRead).split('\n')[0];
  } finally {
    await file.close();
  }
}

/** ELOOP: it is a link. ENXIO: it is a socket. EACCES: its owner wants nobody to read it. */
const NOT_PLAIN = ['ENOENT', 'ELOOP', 'ENXIO', 'EACCES'];

async function openPlain(path: string) {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (NOT_PLAIN.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
