import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RedisError, type RedisServer } from '../kinds/redis.js';
import { keyCount, withThrowawayRedis } from '../throwaway/redis.js';
import { assertFits } from './redis-swap.js';
import { fetchFile, objectOf, type Source } from './work.js';

/** A throwaway server that has a set's data, until it is released. */
export interface LoadedRedis {
  server: RedisServer;
  keys: number;
  release: () => Promise<void>;
}

/**
 * Has a throwaway Redis load a set, where the stack's Redis can reach it.
 *
 * @throws RedisError when it has not the keys that the manifest says, or more than the stack's Redis has memory for
 */
export async function loadRedis(source: Source, folder: string): Promise<LoadedRedis> {
  const { context } = source;
  const object = objectOf(source, 'redis');
  const data = join(folder, 'redis');
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { mode: 0o700 });
  renameSync(await fetchFile(source, object, folder), join(data, 'dump.rdb'));
  const loaded = await kept((use) => {
    const options = { signal: context.signal, reach: 'network', password: context.redis.password } as const;
    return withThrowawayRedis(data, context.environment, options, use);
  });
  try {
    const keys = await keyCount(loaded.server);
    const { total, expires } = object.keys ?? { total: keys, expires: 0 };
    // Keys with a time to live may have lived it by now.
    if (keys > total || keys < total - expires) {
      throw new RedisError(`${object.name}: ${keys} keys were restored, the set has ${total}, ${expires} of them with a time to live`);
    }
    await assertFits(context.redis, loaded.server);
    return { ...loaded, keys };
  } catch (error) {
    await loaded.release();
    throw error;
  }
}

/** Turns "use it here, then it is gone" into "have it until it is released". */
async function kept(
  open: (use: (server: RedisServer) => Promise<void>) => Promise<void>,
): Promise<{ server: RedisServer; release: () => Promise<void> }> {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let session: Promise<void> | undefined;
  const server = await new Promise<RedisServer>((resolve, reject) => {
    session = open(async (opened) => {
      resolve(opened);
      await released;
    });
    session.catch(reject);
  });
  return {
    server,
    release: async () => {
      release();
      await session;
    },
  };
}
