import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Patience, pause, retrying } from '../../../../scripts/lib/backup/store/retry.js';
import { failureOf } from './bytes.js';

const quick: Patience = { attempts: 4, firstPause: 1, longestPause: 2 };

/** Fails so many times, and then gives the number of the attempt. */
function flaky(failures: number): { action: () => Promise<number>; attempts: () => number } {
  let attempts = 0;
  const action = async () => {
    attempts++;
    if (attempts <= failures) throw new Error(`failure ${attempts}`);
    return attempts;
  };
  return { action, attempts: () => attempts };
}

describe('retrying', () => {
  test.each([0, 1, 3])('%i failures are got over', async (failures) => {
    expect(await retrying(flaky(failures).action, () => true, quick, undefined)).toBe(failures + 1);
  });

  test('the last error comes out when the attempts are used up', async () => {
    const { action, attempts } = flaky(9);
    expect((await failureOf(retrying(action, () => true, quick, undefined))).message).toBe('failure 4');
    expect(attempts()).toBe(4);
  });

  test('an error that will not pass is not tried again', async () => {
    const { action, attempts } = flaky(9);
    await failureOf(retrying(action, () => false, quick, undefined));
    expect(attempts()).toBe(1);
  });

  test('an abort ends the pause and comes out with its reason', async () => {
    const controller = new AbortController();
    const failure = failureOf(
      retrying(flaky(9).action, () => true, { ...quick, firstPause: 60_000, longestPause: 60_000 }, controller.signal),
    );
    controller.abort(new Error('stop'));
    expect((await failure).message).toBe('stop');
  });
});

test('pauses double from half the first to the longest one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), async (attempt) => {
      const began = performance.now();
      await pause(attempt, { attempts: 5, firstPause: 4, longestPause: 16 }, undefined);
      // Timers are whole milliseconds.
      expect(performance.now() - began).toBeGreaterThanOrEqual(Math.min(4 * 2 ** (attempt - 1), 16) / 2 - 1);
    }),
    { numRuns: 10 },
  );
});
