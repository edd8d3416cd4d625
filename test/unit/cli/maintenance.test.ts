import { describe, expect, test } from 'vitest';
import { command } from '../../../scripts/lib/cli/commands/maintenance.js';
import type { Output } from '../../../scripts/lib/cli/output.js';

const silent = { json: true, line: () => {} } as unknown as Output;
const type = (words: string[], values: Record<string, string> = {}) => command.run({ words, values, rest: [] }, silent, () => () => {});

describe('maintenance', () => {
  test.each([
    [[], {}, 'an action is missing'],
    [['of'], {}, '"of": is no action'],
    [['off'], { allow: '10.0.0.1' }, '--allow: goes with "on" alone'],
    [['status'], { message: '' }, '--message: goes with "on" alone'],
    [['off'], { 'retry-after': '5m' }, '--retry-after: goes with "on" alone'],
  ])('%j %j is refused: %s', async (words, values, message) => {
    const hints = ['type: npx zx scripts/maintenance.mjs on, off or status'];
    await expect(type(words, values)).rejects.toMatchObject({ message, hints, exitCode: 2 });
  });

  test('flags are looked at before anything else', async () => {
    await expect(type(['on'], { allow: 'x', dotenv: '/nowhere/.env' })).rejects.toMatchObject({
      message: 'a flag has a problem',
      exitCode: 2,
    });
  });
});
