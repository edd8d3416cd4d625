import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type JournalRecord, recordsIn } from '../../../scripts/lib/deploy/journal.js';
import { planPrune } from '../../../scripts/lib/deploy/prune/plan.js';
import { neededIn, SEGMENTS_KEPT } from '../../../scripts/lib/deploy/prune/plan-segments.js';
import { cutOffIn } from '../../../scripts/lib/deploy/recovery/cut-off.js';
import { migratedSince } from '../../../scripts/lib/deploy/releases/contracts.js';
import {
  chooseTarget,
  firstNeeded,
  type ReleaseRecord,
  releasesOf,
  retained,
  stackOf,
} from '../../../scripts/lib/deploy/releases/releases.js';
import { ago, DAY, NOW, pruneState, wentLive } from './prunes.js';

const names = (releases: readonly ReleaseRecord[]) => releases.map(({ release }) => release);

describe('the oldest releases of a journal', () => {
  const needed = (...digits: string[]) => names(releasesOf(wentLive(...digits)).slice(firstNeeded(releasesOf(wentLive(...digits)), 2)));

  test.each([
    ['that are not retained are not needed', ['1', '2', '3'], ['v2-x', 'v3-x']],
    [
      'are needed from where a retained one was live first: since then it counts what was migrated',
      ['1', '2', '3', '2'],
      ['v2-x', 'v3-x', 'v2-x'],
    ],
    [
      'are needed when one in between was live before: it decides what is gone back to',
      ['1', '2', '1', '3', '2'],
      ['v1-x', 'v2-x', 'v1-x', 'v3-x', 'v2-x'],
    ],
    ['are all needed when there are no more than are retained', ['1', '2'], ['v1-x', 'v2-x']],
  ])('%s', (_, digits, expected) => {
    expect(needed(...digits)).toEqual(expected);
  });

  const past = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 14 });
  const later = fc.array(fc.nat(5), { maxLength: 5 });

  test('make no difference to going back once they are gone, whatever is deployed and gone back to afterwards', () => {
    fc.assert(
      fc.property(past, later, fc.integer({ min: 2, max: 4 }), (digits, steps, count) => {
        const cut = firstNeeded(releasesOf(wentLive(...digits)), count);
        // What comes later is new, or was retained: of nothing else anything is left.
        const journal: string[] = [...digits];
        for (const step of steps) {
          const kept = retained(releasesOf(wentLive(...journal)), count);
          journal.push(kept[step]?.slice(1, -2) ?? `new${journal.length}`);
        }
        const all = releasesOf(wentLive(...journal));
        const left = all.slice(cut);
        const kept = retained(all, count);
        const live = all.at(-1)?.token ?? 0;
        expect(retained(left, count)).toEqual(kept);
        expect(names(stackOf(all)).slice(-stackOf(left).length || all.length)).toEqual(names(stackOf(left)));
        for (const release of kept) {
          const version = release.slice(0, -2);
          expect(left.find((one) => one.release === release)?.token).toBe(all.find((one) => one.release === release)?.token);
          expect(chooseTarget(left, version, live)).toEqual(chooseTarget(all, version, live));
        }
        const before = chooseTarget(all, undefined, live);
        if (before && kept.includes(before.release)) expect(chooseTarget(left, undefined, live)).toEqual(before);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('of the journal', () => {
  const at = (days: number) => new Date(ago(days)).toISOString();
  const began = (token: number, days: number, command = 'deploy'): JournalRecord => ({
    kind: 'began',
    token,
    at: at(days),
    command,
    version: 'v',
  });
  const step = (token: number, days: number): JournalRecord => ({ kind: 'step-done', token, at: at(days), step: 'cut' });
  const part = (token: number, ...records: JournalRecord[]) => ({
    name: `journal-${token}.jsonl`,
    until: records.at(-1)?.at,
    text: records.map((record) => `${JSON.stringify(record)}\n`).join(''),
  });
  const newer = Array.from({ length: SEGMENTS_KEPT }, (_, index) =>
    part(100 + index, began(100 + index, 50 - index), step(100 + index, 50 - index)),
  );
  const plan = (...segments: ReturnType<typeof part>[]) => {
    const journal = recordsIn(new Map([...segments, ...newer].map(({ name, text }) => [name, text])));
    return planPrune(pruneState({ journal, segments: [...segments, ...newer] }), { retain: 2, afterMs: 30 * DAY }, NOW).items;
  };

  test('an old part goes, beyond the newest ones; what is needed of it stays', () => {
    const once: JournalRecord = { kind: 'once', token: 1, at: at(60), service: 'web', command: ['seed'] };
    const migrated: JournalRecord = { kind: 'migrated', token: 2, at: at(59), service: 'web', names: ['contract: a'] };
    const [first, second] = [part(1, began(1, 60), once, step(1, 60)), part(2, began(2, 59), step(2, 59))];
    const third = part(3, began(3, 58), migrated, step(3, 58));
    expect(plan(first, second, third)).toEqual([
      expect.objectContaining({ kind: 'journal', name: 'journal-1.jsonl', rest: `${JSON.stringify(once)}\n` }),
      expect.objectContaining({ kind: 'journal', name: 'journal-2.jsonl', rest: '', bytes: second.text.length }),
      expect.objectContaining({ kind: 'journal', name: 'journal-3.jsonl', rest: `${JSON.stringify(migrated)}\n` }),
    ]);
    expect(plan(first)[0]?.reason).toBe('its last record is 60 d old; 1 of its 3 records are needed and stay');
  });

  test('a part stays that is young, cannot be read, or has nothing but what is needed', () => {
    const once: JournalRecord = { kind: 'once', token: 1, at: at(60), service: 'web', command: ['seed'] };
    expect(plan(part(1, began(1, 60), step(1, 29)))).toEqual([]);
    expect(plan({ name: 'journal-1.jsonl', until: undefined, text: 'half a li' })).toEqual([]);
    expect(plan(part(1, once))).toEqual([]);
  });

  test('the last deploy stays with all that came after it, so that one that was cut off is still found', () => {
    const cutOff = [began(5, 60), step(5, 60)];
    const journal = [began(4, 61), step(4, 61), ...cutOff, began(6, 59, 'stop'), step(6, 59)];
    const left = journal.filter(neededIn(journal, 2));
    expect(left).toEqual(journal.slice(2));
    expect(cutOffIn(left)).toEqual(cutOffIn(journal));
  });

  test('what was migrated stays to the beginning', () => {
    const migrated = (token: number, down = false): JournalRecord => ({
      kind: 'migrated',
      token,
      at: at(60),
      service: 'web',
      names: ['a'],
      down,
    });
    const journal = [migrated(1), began(2, 60), migrated(2, true), ...wentLive('1', '2', '3'), migrated(9), began(10, 1)];
    const left = journal.filter(neededIn(journal, 2));
    expect(left.filter(({ kind }) => kind === 'migrated')).toHaveLength(3);
    expect(migratedSince(left, 2)).toEqual(migratedSince(journal, 2));
  });
});
