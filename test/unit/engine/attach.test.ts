import { describe, expect, test } from 'vitest';
import { attach } from '../../../scripts/lib/engine/attach.js';

describe('a program that has the terminal', () => {
  test.each([
    ['its exit code', ['sh', '-c', 'exit 7'], 7],
    ['0 when all went well', ['true'], 0],
    ['128 and the signal that ended it', ['sh', '-c', 'kill -TERM $$'], 143],
  ] as const)('tells %s', async (_, command, expected) => {
    expect(await attach(command)).toBe(expected);
  });

  test('that is not there is told in one line', async () => {
    await expect(attach(['no-such-program'])).rejects.toThrow(/^no-such-program cannot be run: /);
  });

  test('leaves nobody listening for signals', async () => {
    const before = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => process.listenerCount(signal));
    await attach(['true']);
    expect((['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => process.listenerCount(signal))).toEqual(before);
  });
});
