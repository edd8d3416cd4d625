import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type JournalRecord, recordsIn } from '../../../scripts/lib/deploy/journal.js';
import { SESSIONS_FILE, SESSIONS_OLDER, segmentName, segmentsIn } from '../../../scripts/lib/engine/deck/protocol.js';
import { DeckProgram, filesIn } from './deck-program.js';

const MANY = 1_000_000;

let deck: DeckProgram;
beforeAll(() => {
  deck = new DeckProgram();
});
afterAll(() => deck?.remove());

const step = (token: number, name: string): JournalRecord => ({ at: '2026-05-01T10:00:00.000Z', kind: 'step-done', token, step: name });
const append = (...records: JournalRecord[]) => records.map((record) => ({ do: 'append' as const, record }));
/** What the deployer's readers find, but for what the files say about each other. */
const found = (folder: string) => recordsIn(filesIn(folder)).filter(({ kind }) => kind !== 'segment');
const segments = (folder: string) => segmentsIn([...filesIn(folder).keys()]);

test('a journal that has grown is closed when it is opened next, and read as before', () => {
  const folder = deck.folder();
  deck.run(folder, 100, append(step(1, 'a'), step(1, 'b')));
  expect(segments(folder)).toEqual([]);
  expect(deck.run(folder, 100, append(step(2, 'c')))).toMatchObject({
    token: 2,
    segments: [{ name: 'journal-1.jsonl', records: 2, kept: 0, until: '2026-05-01T10:00:00.000Z' }],
  });
  deck.run(folder, 100, append(step(3, 'd')));
  expect(segments(folder)).toEqual(['journal-1.jsonl', 'journal-2.jsonl']);
  expect(found(folder)).toEqual([step(1, 'a'), step(1, 'b'), step(2, 'c'), step(3, 'd')]);
  const hello = deck.run(folder, MANY);
  expect(hello?.journal.filter((record) => (record as JournalRecord).kind !== 'segment')).toEqual(found(folder));
});

test('a file is never closed under a name that another one has', () => {
  const folder = deck.folder();
  // Somebody else's operation may be told of first: the one that was cut off before, under its own token.
  deck.run(folder, 10, append(step(1, 'a')));
  deck.run(folder, 10, append({ ...step(1, 'cut off'), kind: 'ended' }, step(2, 'b')));
  deck.run(folder, 10, append(step(3, 'c')));
  expect(segments(folder)).toEqual(['journal-1.jsonl', 'journal-2.jsonl']);
  writeFileSync(join(folder, segmentName(3)), 'not to be lost\n');
  deck.run(folder, 10, append(step(4, 'd')));
  expect(filesIn(folder).get('journal-3.jsonl')).toBe('not to be lost\n');
  expect(found(folder).map(({ step: name }) => name)).toEqual(['a', 'cut off', 'b', 'c', 'd']);
});

test('sessions that have grown are closed likewise, one part is kept beside, and the journal is left alone', () => {
  const folder = deck.folder();
  const add = (text: string) => appendFileSync(join(folder, SESSIONS_FILE), text);
  const opened = () => {
    deck.run(folder, 100, append(step(1, 'a')));
    return [filesIn(folder).get(SESSIONS_OLDER), filesIn(folder).get(SESSIONS_FILE)];
  };
  expect(opened()).toEqual([undefined, undefined]);
  add('short\n');
  expect(opened()).toEqual([undefined, 'short\n']);
  add('x'.repeat(100));
  expect(opened()).toEqual([`short\n${'x'.repeat(100)}`, undefined]);
  add('y'.repeat(101));
  expect(opened()).toEqual(['y'.repeat(101), undefined]);
  expect(found(folder).map(({ step: name }) => name)).toEqual(['a', 'a', 'a', 'a']);
});

describe('whoever takes the lock is told', () => {
  const others = (token: number, count: number) => Array.from({ length: count }, (_, index) => step(token, `${token}-${index}`));
  const begun = (token: number, command: string): JournalRecord => ({ at: 'x', kind: 'began', token, command, version: 'v1' });
  /** @returns the journal as it is told after these operations, each in a file of its own */
  const told = (...operations: JournalRecord[][]) => {
    const folder = deck.folder();
    for (const [index, records] of operations.entries()) {
      writeFileSync(join(folder, segmentName(index)), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    }
    return (deck.run(folder, MANY)?.journal ?? []) as JournalRecord[];
  };

  test('what counts for ever, and the last records, from whatever file', () => {
    const kept: JournalRecord[] = ['once', 'release', 'migrated'].map((kind) => ({ at: 'x', kind, token: 1 }));
    const journal = told([step(1, 'old'), ...kept], others(2, 300), others(3, 300));
    expect(journal.slice(0, 3)).toEqual(kept);
    expect(journal.slice(3)).toHaveLength(400);
    expect(journal.findLast(({ kind }) => kind !== 'segment')).toEqual(step(3, '3-299'));
  });

  test('all of the last deploy, whatever else was done since', () => {
    const deploy = [begun(1, 'deploy'), step(1, 'cut')];
    const journal = told([step(0, 'old')], deploy, [begun(2, 'stop'), ...others(2, 450)], [begun(3, 'start'), ...others(3, 50)]);
    expect(journal.filter(({ kind }) => kind !== 'segment').slice(0, 3)).toEqual([...deploy, begun(2, 'stop')]);
  });
});

describe('killed between any two system calls', () => {
  const records = [step(1, 'a'), step(1, 'b'), step(2, 'c')];
  /** @returns a folder whose journal is just about to be closed, and that has a closed part already */
  const grown = () => {
    const folder = deck.folder();
    deck.run(folder, MANY, append(...records.slice(0, 2)));
    deck.run(folder, 10, append(...records.slice(2)));
    return folder;
  };
  /** Calls back with a copy of the folder for every place at which the program can be killed. @returns how many there are */
  const everywhere = (
    folder: string,
    limit: number,
    requests: Parameters<DeckProgram['run']>[2],
    check: (killed: string) => void,
  ): number => {
    for (let at = 1; ; at++) {
      const copy = deck.folder(folder);
      if (deck.run(copy, limit, requests, at)) return at - 1;
      check(copy);
    }
  };

  test('while the journal is closed, no record is lost or there twice, and the next deck goes on', () => {
    const places = everywhere(grown(), 10, [], (folder) => {
      expect(found(folder)).toEqual(records);
      expect(deck.run(folder, 10, append(step(9, 'next')))).toBeDefined();
      expect(found(folder)).toEqual([...records, step(9, 'next')]);
    });
    expect(places).toBeGreaterThan(15);
  });

  test('while a closed part is shortened, it is the old one or the new one, whole', () => {
    const folder = grown();
    const [rest] = records.slice(1);
    const text = `${JSON.stringify(rest)}\n`;
    const whole = filesIn(folder).get('journal-1.jsonl');
    const seen = new Set<string | undefined>();
    everywhere(folder, MANY, [{ do: 'keep', name: 'journal-1.jsonl', text }], (killed) => {
      seen.add(filesIn(killed).get('journal-1.jsonl'));
    });
    expect([...seen]).toEqual([whole, text]);
  });
});
