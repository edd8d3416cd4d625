import { createClient } from 'redis';
import { log, reason } from './log.js';
import { secret, settings } from './settings.js';

/**
 * @param {{ failFast: boolean }} options failFast: while Redis is away a command fails at once
 *   (a server must answer); otherwise it waits for the reconnect (a worker may).
 */
export function connectRedis({ failFast }) {
  const client = createClient({
    password: secret('REDIS_PASSWORD'),
    disableOfflineQueue: failFast,
    socket: {
      host: settings.redis.host,
      port: settings.redis.port,
      connectTimeout: 2_000,
      reconnectStrategy: (retries) => Math.min(100 * (retries + 1), 1_000),
    },
  });
  // The client retries for ever; say each reason once, not once a second.
  let last = '';
  client.on('error', (error) => {
    if (reason(error) !== last) log.warn('redis not reachable', { reason: reason(error) });
    last = reason(error);
  });
  client.on('ready', () => {
    last = '';
  });
  client.connect().catch(() => {}); // failures come as events
  return client;
}
