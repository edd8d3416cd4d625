import { expect, test } from 'vitest';
import type { JournalRecord } from '../../../scripts/lib/deploy/journal.js';
import { assertInOrder } from '../../../scripts/lib/deploy/recovery/assert-in-order.js';
import { cutOffIn, cutOffWithData, inOrder } from '../../../scripts/lib/deploy/recovery/cut-off.js';

const began = (token: number, command = 'deploy'): JournalRecord => ({
  kind: 'began',
  token,
  at: 'a',
  command,
  version: `v${token}`,
  release: `v${token}-x`,
  colour: 'green',
});
const step = (token: number, name: string): JournalRecord => ({ kind: 'step-began', token, at: `at-${name}`, step: name });
const ended = (token: number): JournalRecord => ({ kind: 'ended', token, at: 'z', outcome: 'done' });

test('a deploy without an end was cut off at its last step', () => {
  expect(cutOffIn([began(1), ended(1), began(2), step(2, 'base'), step(2, 'cut'), step(2, 'verify')])).toEqual({
    token: 2,
    command: 'deploy',
    version: 'v2',
    release: 'v2-x',
    colour: 'green',
    step: 'verify',
  });
  expect(cutOffIn([began(2, 'rollback')])).toMatchObject({ command: 'rollback', step: undefined });
});

test('nothing was cut off where the last deploy ended, however others before it or beside it did', () => {
  expect(cutOffIn([])).toBeUndefined();
  expect(cutOffIn([began(1), began(2), ended(2)])).toBeUndefined();
  expect(cutOffIn([began(1), ended(1), began(2, 'restore')])).toBeUndefined();
  expect(cutOffIn([began(1), began(2, 'restore'), ended(1), ended(2)])).toBeUndefined();
});

test('a restore or a resumption that came later does not hide it', () => {
  expect(cutOffIn([began(1), began(2, 'restore'), ended(2), began(3, 'resume')])).toMatchObject({ token: 1 });
});

test('a rollback with data is left to those who can bring data back, also when it ended without being undone', () => {
  const withData = { ...began(2, 'rollback'), set: '20261122_020000', stamp: '20261122_101112' };
  const left = [began(1), ended(1), withData, step(2, 'swap-postgres')];
  expect(cutOffIn(left)).toBeUndefined();
  expect(cutOffWithData(left)).toMatchObject({ token: 2, set: '20261122_020000', stamp: '20261122_101112', step: 'swap-postgres' });
  expect(cutOffWithData([...left, ended(2), began(3, 'resume')])).toMatchObject({ token: 2 });
  expect(() => assertInOrder(left)).toThrow(/rollback to v2 with the data of the set 20261122_020000 was cut off at "swap-postgres"/);
});

test('once its data and its release are in their places, it is one like any other', () => {
  const withData = { ...began(2, 'rollback'), set: '20261122_020000', stamp: '20261122_101112' };
  const done = [withData, step(2, 'maintenance-off'), inOrder(2)];
  expect(cutOffWithData(done)).toBeUndefined();
  expect(cutOffIn(done)).toMatchObject({ token: 2, step: 'maintenance-off' });
  expect(cutOffIn([...done, ended(2)])).toBeUndefined();
  expect(() => assertInOrder(done)).not.toThrow();
});
