import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../../../scripts/lib/config/root.js';
import type { Sample } from '../../../scripts/lib/load/load.js';

// The benchmark is plain JavaScript that runs on the built dist, as its npm script does.
const { parseOptions, usage } = await import(join(projectRoot, 'test/bench/cut/options.mjs'));
const { aroundCuts, markdown, rowOf } = await import(join(projectRoot, 'test/bench/cut/report.mjs'));

describe('what bench:cut can be told', () => {
  test('nothing: twenty cuts, ten thousand requests each, five switches of each other way', () => {
    expect(parseOptions([])).toMatchObject({ cuts: 20, requests: 200_000, rivals: 5, minutes: 15, json: false, markdown: false });
  });

  test('a hundred cuts are a million requests, unless a number is given', () => {
    expect(parseOptions(['--cuts', '100'])).toMatchObject({ cuts: 100, requests: 1_000_000 });
    expect(parseOptions(['--cuts=100', '--requests', '5000', '--rivals', '0'])).toMatchObject({ requests: 5_000, rivals: 0 });
  });

  test.each([
    [['--cuts', '0'], '--cuts: should be a whole number from 1 to 1000, got "0"'],
    [['--cuts', 'many'], '--cuts: should be a whole number from 1 to 1000, got "many"'],
    [['--rivals', '2.5'], '--rivals: should be a whole number from 0 to 100, got "2.5"'],
    [['--cuts', ''], '--cuts: should be a whole number from 1 to 1000, got ""'],
    [['--rivals', '-1'], '--rivals: should be a whole number from 0 to 100'],
    [['--rivals'], '--rivals: should be a whole number from 0 to 100'],
    [['20'], "Unexpected argument '20'"],
    [['--rival', '3'], '--rival: there is no such flag; did you mean --rivals?'],
    [['--gap', '3'], '--gap: there is no such flag'],
    [['--json', '--markdown'], '--json, --markdown: only one of them can have stdout'],
    [['--connections', '0', '--fresh', '0'], '--connections, --fresh: without any client nothing is measured'],
  ])('%j is refused with what is wrong', (typed, message) => {
    expect(() => parseOptions(typed)).toThrow(expect.objectContaining({ message, exitCode: 2 }));
  });

  test('all problems are told at once', () => {
    expect(() => parseOptions(['--cuts', 'x', '--rivals', 'y'])).toThrow(
      expect.objectContaining({ message: expect.stringContaining('--cuts'), details: [expect.stringContaining('--rivals')] }),
    );
  });

  test('any words are either options within their bounds or a usage error', () => {
    const words = fc.array(fc.oneof(fc.constantFrom('--cuts', '--rivals', '--json', '--requests'), fc.nat().map(String), fc.string()));
    fc.assert(
      fc.property(words, (typed) => {
        try {
          const { cuts, rivals } = parseOptions(typed);
          expect(cuts >= 1 && cuts <= 1_000 && rivals >= 0 && rivals <= 100).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ name: 'UsageError', exitCode: 2 });
        }
      }),
    );
  });

  test('the help names every flag', () => {
    for (const flag of Object.keys(parseOptions([]))) expect(usage).toContain(`--${flag}`);
  });
});

const sample = (at: number, rest: Partial<Sample> = {}): Sample => ({
  at,
  milliseconds: 1,
  status: 200,
  release: 'v1',
  reused: true,
  method: 'GET',
  ...rest,
});
const cuts = [
  { from: 100, to: 200, drained: 300, release: 'v2' },
  { from: 2_000, to: 2_050, drained: 2_900, release: 'v1' },
];

describe('what bench:cut reports', () => {
  test('counts what was sent, lost and refused, and compares the POSTs with what the app has counted', () => {
    const samples = [sample(0), sample(1, { method: 'POST' }), sample(2, { status: 0, error: 'ECONNRESET' }), sample(3, { status: 502 })];
    expect(rowOf('a way', { samples, cuts, posts: 2 })).toMatchObject({
      way: 'a way',
      switches: 2,
      sent: 4,
      lost: 1,
      refused: 1,
      reasons: { ECONNRESET: 1, '502': 1 },
      switchMs: 100,
      posts: { answered: 1, counted: 2 },
    });
  });

  test('a request counts as sent during a cut from its beginning until half a second after it', () => {
    const samples = [99, 100, 699, 700, 1_999, 2_000, 2_549, 2_550].map((at) => sample(at));
    const { during, quiet } = aroundCuts({ samples, cuts });
    expect([during.sent, quiet.sent]).toEqual([4, 4]);
  });

  test('a cut has moved the traffic when all that was sent later was answered by its release', () => {
    const later = [sample(800, { release: 'v2' }), sample(1_999, { release: 'v2' }), sample(3_000)];
    expect(aroundCuts({ samples: later, cuts })).toMatchObject({ moved: 2, drainMs: 550 });
    expect(aroundCuts({ samples: [...later, sample(900)], cuts }).moved).toBe(1);
    expect(aroundCuts({ samples: later.slice(0, 2), cuts }).moved).toBe(1);
  });

  test('the table is Markdown with a line for each way', () => {
    const rows = ['one', 'two'].map((way) => rowOf(way, { samples: [sample(0), sample(1_500, { status: 502 })], cuts, posts: 0 }));
    const lines = markdown(rows).split('\n');
    expect(lines).toHaveLength(4);
    expect(new Set(lines.map((line: string) => line.split('|').length)).size).toBe(1);
    expect(lines[2]).toBe('| one | 2 | 2 | 0 | 1 | 0.5 | 0.10 s | 0.00 s | 1 ms |');
  });
});
