import { describe, expect, test } from 'vitest';
import type { Output } from '../../../scripts/lib/cli/output.js';
import { printPruned } from '../../../scripts/lib/cli/prune-output.js';
import type { PruneResult } from '../../../scripts/lib/deploy/prune/prune.js';

/** @returns the lines that a person sees */
function linesOf(result: Partial<PruneResult>): string[] {
  const lines: string[] = [];
  const output = { line: (text: string) => lines.push(text), paint: (_: unknown, text: string) => text } as unknown as Output;
  printPruned({ outcome: 'nothing-to-do', stack: 'shop', things: [], kept: [], freed: null, ...result }, output);
  return lines;
}

const image = { kind: 'image', name: 'shop/web:v1', reason: 'it is old', bytes: 2_048, outcome: 'removed' } as const;

describe('what was pruned', () => {
  test('is told as a table with the reason for each thing, and what became free', () => {
    const things = [
      image,
      { kind: 'container', name: 'shop-blue-web-1', reason: 'blue is idle', bytes: null, outcome: 'removed' } as const,
    ];
    expect(linesOf({ outcome: 'pruned', things, freed: 1_024 })).toEqual([
      'this was removed:',
      '  WHAT       NAME             SIZE     WHY',
      '  image      shop/web:v1      2.0 KiB  it is old',
      '  container  shop-blue-web-1  -        blue is idle',
      '1.0 KiB became free',
    ]);
  });

  test('says of what somebody has begun to use meanwhile that it stays', () => {
    expect(linesOf({ outcome: 'pruned', things: [{ ...image, outcome: 'in use' }], freed: 0 })[2]).toMatch(
      /it stays: somebody uses it by now$/,
    );
  });

  test('has what is kept in one line, things with the same reason together', () => {
    const kept = [
      { what: 'a', why: 'a container uses it' },
      { what: 'v2, v1', why: 'RETAIN_RELEASES=2' },
      { what: 'b', why: 'a container uses it' },
    ];
    expect(linesOf({ kept })).toEqual([
      'nothing of shop is left over; nothing was changed',
      'kept: a, b (a container uses it); v2, v1 (RETAIN_RELEASES=2)',
    ]);
  });
});
