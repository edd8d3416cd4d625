// Some notes to work with, for `npm run dev:seed`: what is there already is not written again.
import { database } from '../src/database.js';
import { reason } from '../src/log.js';

const NOTES = [
  'Water the plants on Monday',
  'A longer note, to see how the page breaks a line that does not fit into the width of a small window',
  'Ümläute, 日本語 and an emoji 🌱',
  '<b>Not bold</b>: the page shows what was typed',
];

try {
  const { rowCount } = await database.query(
    `INSERT INTO notes (text) SELECT wanted FROM unnest($1::text[]) AS wanted
     WHERE NOT EXISTS (SELECT FROM notes WHERE text = wanted)`,
    [NOTES],
  );
  console.log(`${rowCount} notes written, ${NOTES.length - rowCount} were there`);
} catch (error) {
  console.error(`seed: ${reason(error)}`);
  process.exitCode = 1;
} finally {
  await database.end();
}
