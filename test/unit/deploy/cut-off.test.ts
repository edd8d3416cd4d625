import { expect, test } from 'vitest';
import type { JournalRecord } from '../../../scripts/lib/deploy/journal.js';
import { cutOffIn } from '../../../scripts/lib/deploy/recovery/cut-off.js';

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
