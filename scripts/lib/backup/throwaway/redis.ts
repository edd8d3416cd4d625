import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Secret } from '../../config/secret.js';
import { RedisError, type RedisServer } from '../kinds/redis.js';
import { infoField, withRedis } from '../kinds/redis-client.js';
import { ChildError, start } from '../pipe/child.js';

const LOAD_MS = 30 * 60_000;
const PORT = 6390;

/**
 * Starts a Redis that loads `dump.rdb` of a folder and keeps nothing, and ends it afterwards.
 *
 * @param reach `here`: only this container reaches it; `network`: the stack's Redis does as well, with the password
 */
export async function withThrowawayRedis<T>(
  folder: string,
  environment: NodeJS.ProcessEnv,
  options: { signal: AbortSignal; reach: 'here' | 'network'; password: Secret | undefined },
  action: (server: RedisServer) => Promise<T>,
): Promise<T> {
  const { reach, password, signal } = options;
  const settings = ['dir', folder, 'dbfilename', 'dump.rdb', 'save', '', 'appendonly', 'no', 'port', String(PORT)];
  settings.push('pidfile', join(folder, 'redis.pid'), 'bind', reach === 'here' ? '127.0.0.1' : '0.0.0.0', 'repl-diskless-sync-delay', '0');
  const lines = [];
  for (let index = 0; index < settings.length; index += 2) lines.push(`${settings[index]} ${JSON.stringify(settings[index + 1])}`);
  if (password) lines.push(`requirepass ${JSON.stringify(password.reveal())}`);
  // The configuration comes by standard input: a password as an argument would show in the list of processes.
  const child = start('redis-server', ['-'], { env: { PATH: environment.PATH } });
  child.stdin.end(`${lines.join('\n')}\n`);
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4_000);
  });
  const server: RedisServer = { host: '127.0.0.1', port: PORT, password };
  try {
    await untilLoaded(server, child.ended, signal);
    return await action(server);
  } catch (error) {
    if (!(error instanceof ChildError)) throw error;
    throw new RedisError('a throwaway Redis cannot load the set', { details: log.trim().split('\n').slice(-5), cause: error });
  } finally {
    child.kill();
    await child.ended.catch((error: unknown) => {
      if (!(error instanceof ChildError)) throw error;
    });
  }
}

async function untilLoaded(server: RedisServer, ended: Promise<void>, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + LOAD_MS;
  for (;;) {
    signal.throwIfAborted();
    try {
      const loading = await Promise.race([
        withRedis(server, async (client) => infoField(await client.info('persistence'), 'loading')),
        ended,
      ]);
      if (loading === '0') return;
    } catch (error) {
      if (error instanceof ChildError || performance.now() > deadline) throw error;
    }
    await delay(50);
  }
}

/** @returns how many keys all databases of a server have */
export async function keyCount(server: RedisServer): Promise<number> {
  const info = await withRedis(server, (client) => client.info('keyspace'));
  return [...info.matchAll(/^db\d+:keys=(\d+)/gm)].reduce((sum, [, keys]) => sum + Number(keys), 0);
}
