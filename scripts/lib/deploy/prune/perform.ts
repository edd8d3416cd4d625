import type { Deck } from '../../engine/deck/deck.js';
import { pruneCache } from '../../engine/disk.js';
import type { Docker } from '../../engine/docker.js';
import type { PruneItem } from './plan.js';

/** What removing works with: an operation that holds the lock. */
export interface Means {
  /** Asks before each change whether the lock is still held. */
  docker: Docker;
  deck: Deck;
}

/** How removing one thing ended. `in use`: somebody has begun to use it since it was looked at, and it stays. */
export type Removal = { outcome: 'removed'; reclaimed?: number } | { outcome: 'in use' };

/** Removes one thing. What is gone already is no error; nothing is ever forced. */
export async function perform({ docker, deck }: Means, item: PruneItem): Promise<Removal> {
  switch (item.kind) {
    case 'container':
      return unlessInUse(() => docker.change(`removing ${item.name}`, () => docker.api.getContainer(item.id).remove()));
    case 'image':
    case 'toolkit':
    case 'name':
      return removeImage(docker, item);
    case 'release':
      await deck.forget([item.file]);
      return { outcome: 'removed' };
    case 'journal':
      if (item.rest === '') await deck.forget([item.name]);
      else await deck.keep(item.name, item.rest);
      return { outcome: 'removed' };
    case 'build-cache':
      return { outcome: 'removed', reclaimed: await pruneCache(docker, item.unusedForMs) };
  }
}

/** Takes its names away one by one: should the image be somebody's by now, the engine refuses to remove it with the last of them. */
async function removeImage(docker: Docker, { id, names }: Pick<PruneItem & { kind: 'image' }, 'id' | 'names'>): Promise<Removal> {
  for (const name of names.length > 0 ? names : [id]) {
    // A name may have gone to another image in the meantime.
    if ((await docker.image(name))?.Id !== id) continue;
    const removal = await unlessInUse(() => docker.change(`removing the image ${name}`, () => docker.api.getImage(name).remove()));
    if (removal.outcome === 'in use') return removal;
  }
  return { outcome: 'removed' };
}

/** 404: it is gone already. 409: a container uses it, or it was started again. */
async function unlessInUse(remove: () => Promise<unknown>): Promise<Removal> {
  try {
    await remove();
  } catch (error) {
    const { status } = error as { status?: number };
    if (status === 409) return { outcome: 'in use' };
    if (status !== 404) throw error;
  }
  return { outcome: 'removed' };
}
