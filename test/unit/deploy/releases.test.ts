import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JournalRecord } from '../../../scripts/lib/deploy/journal.js';
import {
  contractsSince,
  downToContracts,
  goneSince,
  isContract,
  migratedSince,
  notedBy,
} from '../../../scripts/lib/deploy/releases/contracts.js';
import { chooseTarget, releasesOf, retained, stackOf } from '../../../scripts/lib/deploy/releases/releases.js';

/** @returns the journal of releases that went live one after the other, each by an operation of its own */
const wentLive = (...names: string[]): JournalRecord[] =>
  names.map((release, index) => ({
    kind: 'release',
    token: index + 1,
    at: `2026-11-25T0${index}:00:00.000Z`,
    release,
    version: release.split('-')[0] ?? '',
    colour: index % 2 === 0 ? 'blue' : 'green',
    images: [],
  }));
const target = (names: string[], version?: string) => chooseTarget(releasesOf(wentLive(...names)), version, names.length)?.release;

describe('going back', () => {
  test.each([
    ['to the release before', ['v1-a', 'v2-b'], 'v1-a'],
    ['twice goes back two releases, not to and fro', ['v1-a', 'v2-b', 'v3-c', 'v2-b'], 'v1-a'],
    ['after going on from where one went back to', ['v1-a', 'v2-b', 'v1-a', 'v3-c'], 'v1-a'],
    ['from the first release there is none', ['v1-a'], undefined],
    ['from where everything was gone back from there is none', ['v1-a', 'v2-b', 'v1-a'], undefined],
    ['of a version that was deployed twice goes to the other one', ['v1-a', 'v1-b'], 'v1-a'],
  ])('%s', (_, names, wanted) => {
    expect(target(names)).toBe(wanted);
  });

  test('to a version takes its newest release that is not live', () => {
    expect(target(['v1-a', 'v1-b', 'v2-c'], 'v1')).toBe('v1-b');
    expect(target(['v1-a', 'v2-b', 'v1-c'], 'v1')).toBe('v1-a');
    expect(target(['v1-a', 'v2-b'], 'v2')).toBeUndefined();
    expect(target(['v1-a'], 'v9')).toBeUndefined();
  });

  test('from a release that was never recorded goes to the last one that was', () => {
    expect(chooseTarget(releasesOf(wentLive('v1-a', 'v2-b')), undefined, 77)?.release).toBe('v2-b');
  });

  test('again and again ends at the first release, and never meets a release twice', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 12 }), (names) => {
        const history: string[] = [...names];
        const met = new Set(history.slice(-1));
        for (let back = target(history); back !== undefined; back = target(history)) {
          expect(met.has(back)).toBe(false);
          met.add(back);
          history.push(back);
        }
        expect(stackOf(releasesOf(wentLive(...history)))).toHaveLength(1);
      }),
    );
  });
});

test('the last releases that were live are kept, each counted once', () => {
  expect(retained(releasesOf(wentLive('a', 'b', 'c', 'b', 'd')), 3)).toEqual(['d', 'b', 'c']);
  expect(retained([], 3)).toEqual([]);
});

describe('what was migrated since a release', () => {
  const migrated = (token: number, service: string, names: string[], down = false): JournalRecord => ({
    kind: 'migrated',
    token,
    at: 'x',
    service,
    names,
    down,
  });
  const journal = [
    migrated(1, 'backend', ['1', '2']),
    migrated(3, 'backend', ['3', 'contract: 4', '5']),
    migrated(4, 'other', ['x']),
    migrated(5, 'backend', ['6']),
  ];

  test('is told by service, the newest first', () => {
    expect(migratedSince(journal, 2)).toEqual([
      { service: 'backend', names: ['6', '5', 'contract: 4', '3'] },
      { service: 'other', names: ['x'] },
    ]);
    expect(migratedSince(journal, 5)).toEqual([]);
  });

  test('leaves out what was taken back', () => {
    const later = [...journal, migrated(6, 'backend', ['6'], true), migrated(6, 'backend', ['5'], true), migrated(6, 'other', ['x'], true)];
    expect(migratedSince(later, 2)).toEqual([{ service: 'backend', names: ['contract: 4', '3'] }]);
  });

  test('is taken back down to the oldest contracting one, and no further', () => {
    expect(downToContracts(migratedSince(journal, 0))).toEqual([{ service: 'backend', names: ['6', '5', 'contract: 4'] }]);
    expect(downToContracts([{ service: 'other', names: ['x'] }])).toEqual([]);
    expect(isContract('contract: drop a column')).toBe(true);
    expect(isContract('004_contract_of_sale')).toBe(false);
  });

  test('leaves out what the release had already, though older data had taken it away in between', () => {
    const again = [...journal, migrated(6, 'backend', ['2', '5'], true), migrated(7, 'backend', ['2', '5'])];
    expect(migratedSince(again, 2)[0]?.names).toEqual(['5', '6', 'contract: 4', '3']);
    expect(goneSince([...journal, migrated(6, 'backend', ['2', '5'], true)], 2)).toEqual([{ service: 'backend', names: ['2'] }]);
    expect(goneSince(again, 3)).toEqual([]);
  });

  test('names the contracting ones with the operation that ran them', () => {
    expect(contractsSince(journal, 2)).toEqual([{ service: 'backend', name: 'contract: 4', at: 'x', token: 3 }]);
    expect(contractsSince(journal, 3)).toEqual([]);
  });

  test('can be noted the other way round, whatever an operation has noted', () => {
    const noted = [...journal, migrated(6, 'backend', ['6'], true), migrated(6, 'other', ['y'])];
    expect(notedBy(noted, 6)).toEqual({ gone: [{ service: 'backend', names: ['6'] }], back: [{ service: 'other', names: ['y'] }] });
    expect(notedBy(journal, 6)).toEqual({ gone: [], back: [] });
  });
});
