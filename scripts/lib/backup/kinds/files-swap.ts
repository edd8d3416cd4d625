import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A volume's root cannot be renamed, so a restore unpacks into a folder inside it and then moves the entries, one by one:
 * what is there goes to `old/`, what was unpacked (`new/`) takes its place. Each move is a rename within one file system;
 * a run that was killed in between is finished, or undone, by the same moves again. The folders `new` and `old` have the
 * owner and the mode of the volume's root that they stand for; it takes them over when the entries move.
 */
const PREFIX = Buffer.from('.slipway-restore-');

/** @returns the folder inside a volume where a restore of that set keeps things */
export function restoreFolder(volume: string, set: string): string {
  return join(volume, `${PREFIX}${set}`);
}

/** @returns how many entries took their places */
export function putInPlace(volume: string, set: string): number {
  const folder = restoreFolder(volume, set);
  const [fresh, old] = [join(folder, 'new'), join(folder, 'old')];
  if (!existsSync(fresh)) return 0;
  // The list of what was there is kept by the folder `old` itself: what was moved there once is not looked at again.
  const marker = join(folder, 'kept');
  if (!existsSync(marker)) {
    mkdirLike(old, volume);
    moveAll(volume, old, entriesOf(volume));
    mkdirSync(marker);
  }
  const like = statSync(fresh);
  const moved = moveAll(fresh, volume, entriesOf(fresh));
  takeAfter(volume, like);
  rmdirSync(fresh);
  return moved;
}

/** @returns how many entries went back to their places */
export function takeBack(volume: string, set: string): number {
  const folder = restoreFolder(volume, set);
  const [fresh, old] = [join(folder, 'new'), join(folder, 'old')];
  if (!existsSync(old)) return 0;
  const marker = join(folder, 'kept');
  if (existsSync(marker)) {
    mkdirLike(fresh, volume);
    moveAll(volume, fresh, entriesOf(volume));
    rmdirSync(marker);
  }
  const like = statSync(old);
  const moved = moveAll(old, volume, entriesOf(old));
  takeAfter(volume, like);
  rmdirSync(old);
  return moved;
}

/** `unpacked`: beside what is there; `between`: a swap or its undoing was cut off; `swapped`: in its place. */
export type FilesState = 'none' | 'unpacked' | 'between' | 'swapped';

/** @returns how far a restore of that set has come in a volume */
export function stateOf(volume: string, set: string): FilesState {
  const folder = restoreFolder(volume, set);
  const [fresh, old] = [existsSync(join(folder, 'new')), existsSync(join(folder, 'old'))];
  if (fresh && old) return 'between';
  return fresh ? 'unpacked' : old ? 'swapped' : 'none';
}

/** Makes a folder with the owner and the mode of another one, or leaves the one that is there. */
function mkdirLike(folder: string, model: string): void {
  if (existsSync(folder)) return;
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true, mode: 0o700 });
  takeAfter(part, statSync(model));
  renameSync(part, folder);
}

/** Owner first: a new owner takes the set-id bits away. */
function takeAfter(folder: string, { uid, gid, mode }: Stats): void {
  chownSync(folder, uid, gid);
  chmodSync(folder, mode & 0o7777);
}

/** Names are bytes: not every one is UTF-8. */
function entriesOf(folder: string): Buffer[] {
  return readdirSync(folder, { encoding: 'buffer' }).filter((name) => !name.subarray(0, PREFIX.length).equals(PREFIX));
}

function moveAll(from: string, to: string, names: readonly Buffer[]): number {
  for (const name of names) renameSync(inside(from, name), inside(to, name));
  return names.length;
}

function inside(folder: string, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), name]);
}
