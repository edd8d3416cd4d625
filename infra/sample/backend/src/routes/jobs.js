import { Hono } from 'hono';
import { jsonBody } from '../body.js';
import { database } from '../database.js';
import * as queue from '../queue.js';

const DONE = `
  SELECT count(*)::int AS done, (count(*) FILTER (WHERE times > 1))::int AS duplicates
  FROM (SELECT count(*) AS times FROM jobs_done GROUP BY job_id) AS per_job`;

/** @param {import('redis').RedisClientType} redis */
export function jobs(redis) {
  const routes = new Hono();

  routes.post('/', async (c) => {
    const { payload } = await jsonBody(c);
    return c.json({ id: await queue.push(redis, payload) }, 202);
  });

  routes.get('/summary', async (c) => {
    const [waiting, { rows }] = await Promise.all([queue.lengths(redis), database.query(DONE)]);
    return c.json({ ...waiting, ...rows[0] });
  });

  routes.get('/:id', async (c) => {
    const job = await queue.find(redis, c.req.param('id'));
    return job ? c.json(job) : c.json({ error: 'no such job' }, 404);
  });

  return routes;
}
