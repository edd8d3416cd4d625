import { askFiles, fileVolumes } from '../kinds/files.js';
import type { FilesState } from '../kinds/files-swap.js';
import { fromAnyStore, objectOf, type Source } from './work.js';

/** Unpacks a volume's archive beside what the volume has; nothing of that is touched. */
export async function loadFiles(source: Source, volume: string, stamp: string): Promise<void> {
  const { context } = source;
  await fromAnyStore(source, objectOf(source, 'files', volume), async (plain) => {
    await finished(askFiles(context.paths.filesSocket, 'PUT', `/${volume}/${stamp}`, { body: plain, signal: context.signal }));
  });
}

/** What was unpacked takes the place of what is there, or the other way round. Doing it twice changes nothing. */
export async function swapFiles(socket: string, direction: 'swap' | 'undo', volumes: readonly string[], stamp: string): Promise<void> {
  for (const volume of volumes) await finished(askFiles(socket, 'POST', `/${volume}/${stamp}/${direction}`));
}

/** Removes what a restore keeps in a volume. */
export async function dropFiles(socket: string, volume: string, stamp: string): Promise<void> {
  await finished(askFiles(socket, 'DELETE', `/${volume}/${stamp}`));
}

/** @returns how far a restore has come in a volume */
export async function filesState(socket: string, volume: string, stamp: string): Promise<FilesState> {
  const answer = await askFiles(socket, 'GET', `/${volume}/${stamp}`);
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return (JSON.parse(text) as { state: FilesState }).state;
}

/** @returns those of the volumes that the container `files` has; it is not asked when there are none */
export async function mountedOf(socket: string, volumes: readonly string[]): Promise<string[]> {
  if (volumes.length === 0) return [];
  const mounted = await fileVolumes(socket);
  return volumes.filter((volume) => mounted.includes(volume));
}

async function finished(asked: ReturnType<typeof askFiles>): Promise<void> {
  for await (const _ of await asked);
}
