import { expect, test } from 'vitest';
import { inColumns } from '../../../scripts/lib/config/columns.js';

test('cells of a column stand below each other, two blanks apart, and no line ends in blanks', () => {
  expect(
    inColumns([
      ['NAME', 'STATE', ''],
      ['a', 'up', '1'],
      ['longer', '', ''],
    ]),
  ).toEqual(['NAME    STATE', 'a       up     1', 'longer']);
});

test('rows may be of different lengths', () => {
  expect(inColumns([['a'], ['b', 'c']])).toEqual(['a', 'b  c']);
  expect(inColumns([])).toEqual([]);
});
