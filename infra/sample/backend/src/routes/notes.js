import { Hono } from 'hono';
import { jsonBody, textField } from '../body.js';
import { breakage } from '../breakage.js';
import { database } from '../database.js';

export const notes = new Hono();

notes.get('/', async (c) => {
  breakage.failNotes();
  const { rows } = await database.query('SELECT id, text, created_at FROM notes ORDER BY id DESC LIMIT 100');
  return c.json(rows);
});

notes.post('/', async (c) => {
  const text = textField(await jsonBody(c), 'text', 2_000);
  const { rows } = await database.query('INSERT INTO notes (text) VALUES ($1) RETURNING id, text, created_at', [text]);
  return c.json(rows[0], 201);
});

notes.get('/:id{[0-9]{1,18}}', async (c) => {
  const { rows } = await database.query('SELECT id, text, created_at FROM notes WHERE id = $1', [c.req.param('id')]);
  return rows[0] ? c.json(rows[0]) : c.json({ error: 'no such note' }, 404);
});
