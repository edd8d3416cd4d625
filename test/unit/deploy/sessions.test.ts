import { expect, test } from 'vitest';
import { recordsIn } from '../../../scripts/lib/deploy/journal.js';
import { sessionsIn } from '../../../scripts/lib/deploy/sessions.js';

const about = {
  command: 'exec',
  service: 'backend',
  colour: 'blue',
  replica: 1,
  container: 'shop-blue-backend-1',
  program: 'sh',
  database: null,
  role: null,
};
const began = (id: string, at: string) => ({ kind: 'began', id, at, by: 'ada@laptop', ...about });
const ended = (id: string, exitCode: number) => ({ kind: 'ended', id, at: '2026-05-01T13:00:00.000Z', exitCode, ms: 1_200 });
const lines = (...records: unknown[]) => records.map((record) => `\n${JSON.stringify(record)}\n`).join('');

test('a session is told with who, where, what and how it ended, the newest first', () => {
  const files = new Map([
    ['sessions.jsonl', lines(began('a', '2026-05-01T10:00:00.000Z'), began('b', '2026-05-01T11:00:00.000Z'), ended('a', 7))],
  ]);
  expect(sessionsIn(files)).toEqual([
    { ...about, id: 'b', by: 'ada@laptop', at: '2026-05-01T11:00:00.000Z', ms: null, exitCode: null },
    { ...about, id: 'a', by: 'ada@laptop', at: '2026-05-01T10:00:00.000Z', ms: 1_200, exitCode: 7 },
  ]);
});

test('one that began in the part before and ended in this one is whole', () => {
  const files = new Map([
    ['sessions-older.jsonl', lines(began('a', '2026-05-01T10:00:00.000Z'))],
    ['sessions.jsonl', lines(ended('a', 0))],
  ]);
  expect(sessionsIn(files)).toMatchObject([{ id: 'a', exitCode: 0 }]);
});

test('half a line of a crash costs no other one, and an end whose beginning was let go is none', () => {
  const text = `${lines(began('a', '2026-05-01T10:00:00.000Z'))}\n{"kind":"began","id":"b","at":"2026${lines(ended('a', 0), ended('gone', 0))}`;
  expect(sessionsIn(new Map([['sessions.jsonl', text]]))).toMatchObject([{ id: 'a', exitCode: 0 }]);
});

test('the journal of operations knows nothing of sessions', () => {
  expect(recordsIn(new Map([['sessions.jsonl', lines(began('a', '2026-05-01T10:00:00.000Z'))]]))).toEqual([]);
  expect(sessionsIn(new Map())).toEqual([]);
});
