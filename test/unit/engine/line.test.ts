import { expect, test } from 'vitest';
import { refusal } from '../../../scripts/lib/engine/deck/line.js';
import { exitCodes } from '../../../scripts/lib/errors.js';

test.each(['ENOSPC: no space left on device, write', 'EROFS: read-only file system, open', 'EDQUOT: disk quota exceeded, write'])(
  'a journal that cannot be written (%s) is named, with the way out',
  (words) => {
    const { message, hints, exitCode } = refusal(words, 'shop-journal');
    expect(message).toBe(`the journal cannot be written (the volume shop-journal): ${words}`);
    expect(hints.join('\n')).toMatch(/docker system df/);
    expect(exitCode).toBe(exitCodes.failed);
  },
);

test('whatever else the deck could not do is told in its own words', () => {
  expect(refusal('ENOENT: no such file', 'shop-journal').message).toBe('the deck could not do what was asked: ENOENT: no such file');
});
