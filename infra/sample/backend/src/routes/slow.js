// A request long enough to be in flight while a deploy happens.

import { setTimeout as sleep } from 'node:timers/promises';
import { Hono } from 'hono';
import { build } from '../settings.js';

const MAX_SECONDS = 120;

export const slow = new Hono();

slow.get('/', async (c) => {
  const seconds = Number(c.req.query('seconds') ?? 20);
  if (!(seconds >= 0 && seconds <= MAX_SECONDS)) {
    return c.json({ error: `seconds must be a number from 0 to ${MAX_SECONDS}` }, 400);
  }
  await sleep(seconds * 1_000);
  return c.json({ ...build, seconds });
});
