import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { operationsOf, parseJournal } from '../../../scripts/lib/deploy/journal.js';

type Record_ = Parameters<typeof operationsOf>[0][number];

const began = (token: number, version = `v${token}`): Record_ => ({
  kind: 'began',
  token,
  at: `2026-05-01T10:00:0${token}.000Z`,
  command: 'deploy',
  version,
  colour: 'blue',
});
const step = (token: number, name: string): Record_ => ({ kind: 'step-began', token, at: '2026-05-01T10:01:00.000Z', step: name });
const ended = (token: number, outcome: string, reason?: string): Record_ => ({
  kind: 'ended',
  token,
  at: '2026-05-01T10:02:00.000Z',
  outcome,
  ms: 4_200,
  ...(reason ? { reason } : {}),
});

describe('parseJournal', () => {
  test('reads a record a line, oldest first', () => {
    const records = [began(1), step(1, 'images'), ended(1, 'done')];
    expect(parseJournal(`${records.map((record) => JSON.stringify(record)).join('\n')}\n`)).toEqual(records);
  });

  test('an empty journal has none', () => {
    expect(parseJournal('')).toEqual([]);
    expect(parseJournal('\n\n')).toEqual([]);
  });

  test('a line that a crash left half written is passed over, wherever it was cut off', () => {
    const whole = JSON.stringify(began(1));
    const last = JSON.stringify(step(1, 'cut'));
    fc.assert(
      fc.property(fc.nat(last.length - 1), (length) => {
        expect(parseJournal(`${whole}\n${last.slice(0, length)}`)).toEqual([began(1)]);
        // The next operation closes the half line with a line break and goes on.
        expect(parseJournal(`${whole}\n${last.slice(0, length)}\n${JSON.stringify(began(2))}\n`)).toEqual([began(1), began(2)]);
      }),
    );
  });
});

describe('operationsOf', () => {
  test('an operation is told with its outcome, its time and the step that it came to', () => {
    expect(operationsOf([began(1, 'v1.2'), step(1, 'images'), step(1, 'cut'), ended(1, 'failed', 'it broke')])).toEqual([
      {
        token: 1,
        command: 'deploy',
        version: 'v1.2',
        colour: 'blue',
        at: '2026-05-01T10:00:01.000Z',
        outcome: 'failed',
        reason: 'it broke',
        ms: 4_200,
        step: 'cut',
      },
    ]);
  });

  test('who began it, its release and its commit are told when the journal knows them', () => {
    const known = { release: 'v1-20260501T100001Z', by: 'ada@laptop', committed: '2026-05-01T09:00:00+02:00' };
    expect(operationsOf([{ ...began(1), ...known }])).toMatchObject([known]);
    expect(operationsOf([began(1)])).toMatchObject([{ release: undefined, by: undefined, committed: undefined }]);
  });

  test('what is about no colour has none', () => {
    const { colour: _, ...restore } = began(1);
    expect(operationsOf([restore])).toMatchObject([{ colour: undefined }]);
  });

  test('one that runs, or whose deployer was killed, has no outcome and the step that it was at', () => {
    expect(operationsOf([began(1), step(1, 'images'), step(1, 'healthy')])).toMatchObject([
      { outcome: undefined, ms: undefined, step: 'healthy' },
    ]);
    expect(operationsOf([began(1)])).toMatchObject([{ step: undefined }]);
  });

  test('the newest stands first', () => {
    const records = [began(1), ended(1, 'done'), began(2), ended(2, 'failed'), began(3)];
    expect(operationsOf(records).map(({ token, outcome }) => [token, outcome])).toEqual([
      [3, undefined],
      [2, 'failed'],
      [1, 'done'],
    ]);
  });

  test('records of other kinds and of operations whose beginning is lost change nothing', () => {
    const noise: Record_[] = [
      { kind: 'release', token: 1, at: 'x', version: 'v9' },
      { kind: 'undo-began', token: 1, at: 'x', step: 'cut back to blue' },
      step(99, 'cut'),
      ended(99, 'done'),
    ];
    expect(operationsOf([began(1), ...noise])).toEqual(operationsOf([began(1)]));
  });
});
