import { Hono } from 'hono';

const KEY = 'counter';

/** @param {import('redis').RedisClientType} redis */
export function counter(redis) {
  const routes = new Hono();
  routes.get('/', async (c) => c.json({ value: Number(await redis.get(KEY)) }));
  routes.post('/', async (c) => c.json({ value: await redis.incr(KEY) }));
  return routes;
}
