import { describe, expect, test } from 'vitest';
import type { Catalogue } from '../../../scripts/lib/backup/catalogue.js';
import { findSet, lastSuccess } from '../../../scripts/lib/backup/find-set.js';
import type { Kind } from '../../../scripts/lib/backup/set.js';
import { UsageError } from '../../../scripts/lib/errors.js';
import { cataloguedSet } from './sets.js';

const catalogue = (rest: Partial<Catalogue> = {}): Catalogue => ({
  stack: 'shop',
  sets: [
    cataloguedSet('2026-11-22T12:00:00Z', {}, { kinds: ['redis'] }),
    cataloguedSet('2026-11-22T02:00:00Z'),
    cataloguedSet('2026-11-21T02:00:00Z', {}, { kinds: ['postgres', 'redis'] }),
    cataloguedSet('2026-11-20T02:00:00Z'),
    cataloguedSet('2026-11-19T02:00:00Z'),
  ],
  incomplete: [],
  unreachable: [],
  warnings: [],
  ...rest,
});
const found = (wanted: string, kinds?: Kind[]) => findSet(catalogue(), wanted, kinds).manifest.set;
const refused = (wanted: string, kinds?: Kind[], rest: Partial<Catalogue> = {}): UsageError => {
  try {
    findSet(catalogue(rest), wanted, kinds);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  return expect.unreachable();
};

describe('findSet', () => {
  test('latest is the newest that has everything, or what is wanted', () => {
    expect(found('latest')).toBe('20261122_020000');
    expect(found('latest', ['redis'])).toBe('20261122_120000');
    expect(found('latest', ['redis', 'postgres'])).toBe('20261122_020000');
    expect(found('latest', [])).toBe('20261122_120000');
  });

  test('an id is that set, when it has what is wanted', () => {
    expect(found('20261120_020000')).toBe('20261120_020000');
    expect(found('20261121_020000', ['postgres'])).toBe('20261121_020000');
  });

  test('an id that is not there: the three nearest are', () => {
    expect(refused('20261120_120000')).toMatchObject({
      message: '20261120_120000: there is no such set of shop',
      hints: ['there are: 20261121_020000, 20261120_020000, 20261119_020000'],
    });
  });

  test.each(['yesterday', '', '2026-11-22', '20261122', '20261122_020000 ', '20261131_020000', '../20261122_020000'])(
    '%j is no id: the three newest are',
    (wanted) => {
      expect(refused(wanted)).toMatchObject({
        message: `${wanted}: should be latest or the id of a set, such as 20261122_020000`,
        hints: ['there are: 20261122_120000, 20261122_020000, 20261121_020000'],
      });
    },
  );

  test('a set without what is wanted: those that have it', () => {
    expect(refused('20261122_120000', ['postgres', 'redis'])).toMatchObject({
      message: '20261122_120000: this set has no postgres, only redis',
      hints: ['there are: 20261122_020000, 20261121_020000, 20261120_020000'],
    });
  });

  test('a set that is damaged: where, and how', () => {
    const fault = { fault: 'damaged', pinned: false, touched: '2026-11-18T02:00:00.000Z' } as const;
    const incomplete = [
      { ...fault, set: '20261118_020000', store: 's3://bucket', problem: 'the manifest is not JSON' },
      { ...fault, set: '20261117_020000', store: 'local', problem: 'redis is missing' },
    ];
    expect(refused('20261118_020000', undefined, { incomplete })).toMatchObject({
      message: '20261118_020000: this set is not whole in any store',
      details: ['s3://bucket: the manifest is not JSON'],
      hints: ['there are: 20261121_020000, 20261120_020000, 20261119_020000'],
    });
  });

  test('a store that could not be asked may have it', () => {
    const unreachable = [{ store: 's3://bucket', problem: 'connection refused' }];
    expect(refused('latest', undefined, { sets: [], unreachable })).toMatchObject({
      message: 'latest: there is no backup set of shop with postgres, redis, files, config',
      hints: ['there is no whole set at all yet', 's3://bucket could not be asked: connection refused'],
    });
    expect(refused('latest', [], { sets: [] }).message).toBe('latest: there is no backup set of shop');
    expect(refused('latest', undefined, { sets: [cataloguedSet('2026-11-22T12:00:00Z', {}, { kinds: ['redis'] })] }).hints).toEqual([
      'there is: 20261122_120000',
    ]);
  });
});

describe('lastSuccess', () => {
  const now = new Date('2026-11-22T13:00:00Z');

  test('is when the newest whole set began, whatever came of other kinds since', () => {
    expect(lastSuccess(catalogue(), now)).toEqual(new Date('2026-11-22T02:00:00Z'));
  });

  test('a set from the future tells nothing', () => {
    expect(lastSuccess(catalogue(), new Date('2026-11-21T13:00:00Z'))).toEqual(new Date('2026-11-20T02:00:00Z'));
    expect(lastSuccess({ sets: [] }, now)).toBeUndefined();
  });
});
