import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { formatBytes } from '../../config/durations.js';
import { RedisError, type RedisServer } from '../kinds/redis.js';
import { infoField, type RedisClient, withRedis } from '../kinds/redis-client.js';
import { keyCount } from '../throwaway/redis.js';

const POLL_MS = 50;
/** How long the server may take to reach the throwaway one; loading may take as long as it likes. */
const LINK_MS = 30_000;

/**
 * Replaces a server's data by another's, by replication: the server's files are never touched, and what it had is gone
 * only when the new data have arrived whole. It answers reads until then; writes are refused meanwhile.
 *
 * @param source the throwaway server that has loaded the set; the server has to reach it at this container's address
 * @param begun told the source's replication id before anything changes: see {@link hasTaken}
 * @throws RedisError; the server stands on its own feet again then, with its old data or, at the very end, the new ones
 */
export async function replaceData(
  target: RedisServer,
  source: RedisServer,
  { signal, begun }: { signal: AbortSignal; begun: (replid: string) => void },
): Promise<void> {
  begun(await replicationId(source));
  const address = await ownAddress(target);
  await withRedis(target, async (client) => {
    const { masterauth = '' } = await client.configGet('masterauth');
    try {
      await client.configSet('masterauth', source.password?.reveal() ?? '');
      await client.replicaOf(address, source.port);
      await untilTaken(client, signal);
      const [wanted, found] = [await keyCount(source), await keyCount(target)];
      if (found !== wanted) throw new RedisError(`Redis has ${found} keys after it took the set over, which has ${wanted}`);
    } finally {
      await standAlone(client, masterauth);
    }
  });
}

/** Has a server be nobody's replica. While it loads it takes no commands, so that is waited for. */
export async function standAlone(client: RedisClient, masterauth = ''): Promise<void> {
  while (infoField(await client.info('persistence'), 'loading') !== '0') await delay(POLL_MS);
  await client.sendCommand(['REPLICAOF', 'NO', 'ONE']);
  await client.configSet('masterauth', masterauth);
}

/** @returns whether a server's data came from the source with that replication id, which a server remembers */
export async function hasTaken(target: RedisServer, replid: string): Promise<boolean> {
  const info = await withRedis(target, (client) => client.info('replication'));
  return [infoField(info, 'master_replid'), infoField(info, 'master_replid2')].includes(replid);
}

/** @throws RedisError when the server may not use as much memory as the set's data take */
export async function assertFits(target: RedisServer, source: RedisServer): Promise<void> {
  const needed = Number(infoField(await withRedis(source, (client) => client.info('memory')), 'used_memory'));
  const limit = Number((await withRedis(target, (client) => client.configGet('maxmemory'))).maxmemory);
  if (limit === 0 || needed <= limit) return;
  throw new RedisError(`the set's Redis data take ${formatBytes(needed)}, Redis may use ${formatBytes(limit)}`, {
    hints: ['raise STACK_MEMORY, then: npx zx scripts/base.mjs upgrade'],
  });
}

async function replicationId(server: RedisServer): Promise<string> {
  return infoField(await withRedis(server, (client) => client.info('replication')), 'master_replid') ?? '';
}

/** Waits until a replica has loaded everything and has it in its append-only file. */
async function untilTaken(client: RedisClient, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + LINK_MS;
  for (;;) {
    signal.throwIfAborted();
    const info = await client.info();
    const is = (field: string, value: string) => (infoField(info, field) ?? value) === value;
    const linked = is('master_link_status', 'up') && is('master_sync_in_progress', '0') && is('loading', '0');
    if (linked && is('aof_rewrite_in_progress', '0') && is('aof_rewrite_scheduled', '0')) {
      if (is('aof_last_bgrewrite_status', 'ok')) return;
      throw new RedisError('Redis took the data over, but could not write its append-only file', {
        hints: ["look at the room on Redis' volume: docker system df"],
      });
    }
    const busy = linked || !is('master_sync_in_progress', '0') || !is('loading', '0');
    if (!busy && performance.now() > deadline) throw new RedisError('Redis does not reach the cron container to take the data over');
    await delay(POLL_MS);
  }
}

/** @returns this container's address in the network that it shares with the server */
function ownAddress({ host, port }: RedisServer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.once('error', (error) => reject(new RedisError(`Redis at ${host}: ${error.message}`, { cause: error })));
    socket.once('connect', () => {
      const address = socket.localAddress ?? '';
      socket.destroy();
      resolve(address);
    });
  });
}
