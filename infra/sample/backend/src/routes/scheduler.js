import { Hono } from 'hono';
import { database } from '../database.js';

export const scheduler = new Hono();

scheduler.get('/', async (c) => {
  const { rows: runs } = await database.query('SELECT * FROM scheduler_runs ORDER BY started_at');
  return c.json({ ticks: runs.reduce((sum, run) => sum + run.ticks, 0), runs });
});
