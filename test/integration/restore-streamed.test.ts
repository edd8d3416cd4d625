import { afterAll, beforeAll, expect, test } from 'vitest';
import { isLopsided } from '../../scripts/lib/backup/restore/lopsided.js';
import type { RunResult } from '../../scripts/lib/backup/sidecar/results.js';
import { backedUp, baseUp, inBase, sql } from '../helpers/backups.js';
import { dump, fillPostgres, psql } from '../helpers/restore-fixture.js';
import { databases, restore, restored } from '../helpers/restores.js';
import { createStack, type Stack } from '../helpers/stack.js';

let stack: Stack;
let made: RunResult['set'];
/** The database as the set has it. */
let before: string;

beforeAll(async () => {
  stack = await createStack();
  await baseUp(stack);
  fillPostgres(stack);
  psql(
    stack,
    'app',
    `CREATE TABLE big (id int PRIMARY KEY, parent int REFERENCES big DEFERRABLE, text text);
     INSERT INTO big SELECT g, nullif(g / 2, 0), md5(g::text) FROM generate_series(1, 60000) g;
     CREATE INDEX ON big (text); CREATE INDEX ON big (parent);`,
  );
  before = dump(stack, 'app');
  ({ set: made } = await backedUp<RunResult>(stack, 'run', '--only', 'postgres'));
});
afterAll(() => stack?.destroy());

const app = () => made.objects.find(({ source }) => source === 'app');

test('a database of which one table has most of the rows comes back whole, from a stream', async () => {
  expect(isLopsided(app()?.rows ?? {})).toBe(true);
  psql(stack, 'app', 'DELETE FROM big WHERE id > 100; DROP TABLE events CASCADE; SELECT lo_unlink(424242);');
  await restored(stack, made.set, '--database', 'app');
  expect(dump(stack, 'app')).toBe(before);
  await restored(stack, '--undo');
  expect(sql(stack, 'SELECT count(*) FROM big')).toBe('100');
});

test('a stream that turns out to be damaged leaves the live database as it is, and nothing beside it', async () => {
  const live = dump(stack, 'app');
  const there = databases(stack);
  const { name, stored } = app() ?? { name: '', stored: { bytes: 0 } };
  const file = `/var/lib/slipway/sets/${stack.name}/${made.set}/${name}`;
  inBase(stack, 'cron', [
    'sh',
    '-c',
    `printf x | dd of="$1" bs=1 seek="$2" conv=notrunc status=none`,
    'sh',
    file,
    String(stored.bytes - 1_000),
  ]);
  const { exitCode, stderr } = await restore(stack, made.set, '--database', 'app', '--yes');
  expect(exitCode, stderr).toBe(1);
  expect(stderr).toMatch(/damaged|cannot be unpacked|checksum/);
  expect(dump(stack, 'app')).toBe(live);
  expect(databases(stack)).toEqual(there);
});
