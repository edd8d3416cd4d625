import { createClient } from '@redis/client';
import { messageOf } from '../../errors.js';
import { RedisError, type RedisServer } from './redis.js';

const CONNECT_MS = 10_000;

export type RedisClient = ReturnType<typeof createClient>;

/** Opens a connection for as long as `action` takes. */
export async function withRedis<T>({ host, port, password }: RedisServer, action: (client: RedisClient) => Promise<T>): Promise<T> {
  const client = createClient({
    socket: { host, port, connectTimeout: CONNECT_MS, reconnectStrategy: false },
    ...(password ? { password: password.reveal() } : {}),
  });
  // A connection that breaks between two commands shows in the next one.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    throw new RedisError(`Redis at ${host}: ${messageOf(error)}`, { cause: error });
  }
  try {
    return await action(client as RedisClient);
  } finally {
    client.destroy();
  }
}

/** @returns one field of INFO; undefined when the server does not tell it */
export function infoField(info: string, field: string): string | undefined {
  return new RegExp(`^${field}:(.*?)\r?$`, 'm').exec(info)?.[1];
}

/** @returns the server's version, and about how many bytes its data are */
export async function redisFacts(server: RedisServer): Promise<{ version: string; bytes: number | undefined }> {
  return withRedis(server, async (client) => {
    const info = await client.info();
    const bytes = Number(infoField(info, 'used_memory_dataset'));
    return { version: infoField(info, 'redis_version') ?? '', bytes: Number.isFinite(bytes) ? bytes : undefined };
  });
}
