import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Intent } from '../sidecar/restore-results.js';

/**
 * What a restore means to do and what it came to, on the scratch volume. It tells what there may be to take back; whether
 * something was swapped, the servers and volumes themselves are asked.
 */
export interface RestoreRecord extends Intent {
  format: 1;
  /** `restoring`, `undoing`: under way, or cut off. */
  state: 'restoring' | 'done' | 'undoing' | 'undone';
  safetySet: string | undefined;
  /** Safety sets that were pinned: before it, and before it was undone. */
  pinned: string[];
  /** Whether undoing it brings Redis back as well. */
  undoRedis: boolean;
  /** The replication id of the throwaway server whose data Redis was last told to take. */
  replid: string | undefined;
}

const FILE = /^restore-(\d{8}_\d{6})\.json$/;

/** Writes a record; it is on the disk when this returns. */
export function saveRecord(folder: string, record: RestoreRecord): void {
  const path = pathOf(folder, record.stamp);
  const file = openSync(`${path}.new`, 'w', 0o600);
  writeSync(file, `${JSON.stringify(record, undefined, 2)}\n`);
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
  const directory = openSync(folder, 'r');
  fsyncSync(directory);
  closeSync(directory);
}

/** @returns all records, oldest first */
export function readRecords(folder: string): RestoreRecord[] {
  return readdirSync(folder)
    .flatMap((name) => FILE.exec(name)?.[1] ?? [])
    .sort()
    .map((stamp) => JSON.parse(readFileSync(pathOf(folder, stamp), 'utf8')) as RestoreRecord);
}

/** @returns the record of a restore; undefined when there is none */
export function readRecord(folder: string, stamp: string): RestoreRecord | undefined {
  return readRecords(folder).find((record) => record.stamp === stamp);
}

export function removeRecord(folder: string, stamp: string): void {
  rmSync(pathOf(folder, stamp), { force: true });
}

/** @returns whether a restore, or the undoing of one, did not come to its end */
export function isCutOff({ state }: RestoreRecord): boolean {
  return state === 'restoring' || state === 'undoing';
}

function pathOf(folder: string, stamp: string): string {
  return join(folder, `restore-${stamp}.json`);
}
