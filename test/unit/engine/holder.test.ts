import { expect, test } from 'vitest';
import { holderOf, operator } from '../../../scripts/lib/engine/deck/holder.js';

test('a person is named with the machine', () => {
  expect(operator()).toMatch(/^[^@\s]+@[^@\s]+$/);
});

test('who holds the lock stands in the deck’s labels', () => {
  const labels = { 'dev.slipway.deck': 'deploy v2', 'dev.slipway.deck.by': 'ada@laptop (process 7)', 'dev.slipway.deck.since': 'now' };
  expect(holderOf(labels)).toEqual({ command: 'deploy v2', by: 'ada@laptop (process 7)', since: 'now' });
});

test('a label that is not there is told as unknown', () => {
  expect(holderOf({ 'dev.slipway.deck': 'deploy v2' })).toEqual({ command: 'deploy v2', by: 'unknown', since: 'unknown' });
});
