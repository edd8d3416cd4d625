import { describe, expect, test } from 'vitest';
import { decide, type Situation } from '../../../scripts/lib/backup/jobs/decide.js';
import { failureOf, type Result } from '../../../scripts/lib/backup/jobs/run.js';

const [first, second, third] = ['2026-05-01T03:00:00Z', '2026-05-02T03:00:00Z', '2026-05-03T03:00:00Z'] as const;
const done = (run: string): Result => ({ run, how: 'ended', exitCode: 0, seconds: 7 });
const idle: Situation = { latest: first, handled: first, told: undefined, running: undefined, result: undefined };

describe('a job whose runner has nothing to do', () => {
  test('is left alone until it is due', () => {
    expect(decide(idle)).toEqual({ do: 'nothing' });
    expect(decide({ ...idle, result: done(first), running: 'nonsense' })).toEqual({ do: 'nothing' });
  });

  test('begins when it is due; of several times that were missed, the last one counts for all', () => {
    expect(decide({ ...idle, latest: second })).toEqual({ do: 'begin', run: second });
    expect(decide({ ...idle, latest: third })).toEqual({ do: 'begin', run: third });
  });

  test('does not begin for a time before the last one, when its clock was put back', () => {
    expect(decide({ ...idle, latest: first, handled: second })).toEqual({ do: 'nothing' });
  });
});

describe('a job whose runner was told to begin', () => {
  const told: Situation = { ...idle, latest: second, handled: second, told: second };

  test('has until its next due time to do so', () => {
    expect(decide(told)).toEqual({ do: 'nothing' });
    expect(decide({ ...told, running: second })).toEqual({ do: 'nothing' });
  });

  test('is settled as soon as that run has ended', () => {
    expect(decide({ ...told, result: done(second) })).toEqual({ do: 'settle', result: done(second) });
    expect(decide({ ...told, latest: third, result: done(second) })).toEqual({ do: 'settle', result: done(second) });
  });

  test('is not settled by the end of another run', () => {
    expect(decide({ ...told, result: done(first) })).toEqual({ do: 'nothing' });
  });

  test('gets the newer run when nobody has begun the older one', () => {
    expect(decide({ ...told, latest: third })).toEqual({ do: 'replace', untaken: second, run: third });
    expect(decide({ ...told, latest: third, running: first })).toEqual({ do: 'replace', untaken: second, run: third });
  });

  test('is never told to begin while it runs, however long that takes', () => {
    expect(decide({ ...told, latest: third, running: second })).toEqual({ do: 'complain', running: second });
  });
});

describe('the end of a run', () => {
  const end = (how: Result['how'], exitCode: number) => failureOf('tidy', { run: first, how, exitCode, seconds: 7 });

  test('with exit code 0 is no failure', () => {
    expect(end('ended', 0)).toBeUndefined();
  });

  test.each([
    ['ended', 3, { reason: 'failed', message: 'tidy ended with exit code 3 after 7 s', exitCode: 3, seconds: 7 }],
    [
      'stopped',
      143,
      { reason: 'stopped', message: 'tidy was stopped with its container after 7 s (exit code 143)', exitCode: 143, seconds: 7 },
    ],
    ['lost', 0, { reason: 'lost', message: 'the container of tidy ended in the middle of it; it is not begun again' }],
  ] as const)('that was %s with exit code %i is one, in a line for a person', (how, exitCode, told) => {
    expect(end(how, exitCode)).toEqual({ job: 'tidy', due: first, ...told });
  });
});
