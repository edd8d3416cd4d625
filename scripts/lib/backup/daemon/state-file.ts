import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SlipwayError } from '../../errors.js';
import { emptyState, parseState, type State } from './state.js';

/** @returns where the state lies on the scratch volume */
export function stateFile(scratch: string): string {
  return join(scratch, 'state.json');
}

/** @returns the state; an empty one when there is none, or none that can be understood: the stores know what counts */
export function readState(file: string): State {
  try {
    return parseState(readFileSync(file, 'utf8')) ?? emptyState();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return emptyState();
    throw error;
  }
}

/**
 * Changes the state. Several processes of the container do: each reads what the one before has written, and whoever reads
 * in between sees one of the two, whole.
 *
 * @param change has to be quick, and pure
 * @returns the state as it is now
 * @throws SlipwayError when it cannot be written
 */
export async function changeState(file: string, change: (state: State) => State): Promise<State> {
  const lock = `${file}.lock`;
  await take(lock);
  try {
    const state = change(readState(file));
    replace(file, `${JSON.stringify(state, undefined, 2)}\n`);
    return state;
  } finally {
    rmdirSync(lock);
  }
}

/** @returns whether there is a file that cannot be understood; what it remembered is lost */
export function isDamaged(file: string): boolean {
  return existsSync(file) && parseState(readFileSync(file, 'utf8')) === undefined;
}

/** A change takes a millisecond or so: a lock of this age (milliseconds) was left by a process that was killed. */
const STALE_MS = 5_000;
const WAIT_MS = 10_000;
const STEP_MS = 10;

/** Making a folder either works or says that it is there. */
async function take(lock: string): Promise<void> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    try {
      mkdirSync(lock);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || performance.now() > deadline) throw unwritable(lock, error);
    }
    if (ageOf(lock) > STALE_MS) removeIfThere(lock);
    else await delay(STEP_MS);
  }
}

/** @returns milliseconds; 0 when it is gone already */
function ageOf(lock: string): number {
  const stats = statSync(lock, { throwIfNoEntry: false });
  return stats === undefined ? 0 : Date.now() - stats.mtimeMs;
}

function removeIfThere(lock: string): void {
  try {
    rmdirSync(lock);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Synced before it gets its name: after a power cut there is the old file or the new one, not an empty one. */
function replace(file: string, content: string): void {
  const beside = `${file}.new`;
  try {
    writeFileSync(beside, content, { mode: 0o600, flush: true });
    renameSync(beside, file);
  } catch (error) {
    throw unwritable(file, error);
  }
}

function unwritable(path: string, error: unknown): SlipwayError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new SlipwayError(`what backups remember cannot be written to ${path}: ${code ?? message}`, {
    hints: ['look at the volume scratch of the stack: is its disk full?'],
    cause: error,
  });
}
