import { isAbsolute, join, relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkKey, checkPrefix, finishedName, unfinishedName } from '../../../../scripts/lib/backup/store/key.js';

describe('checkKey', () => {
  test.each(['slipway/20261122_020000/db_app_20261122_020000.dump.zst', 'a', '.hidden', 'a/..b', 'a b/ü', `${'n'.repeat(220)}`])(
    '%j is a key',
    (key) => {
      expect(() => checkKey(key)).not.toThrow();
    },
  );

  test.each([
    ['', 'an empty name'],
    ['/etc/passwd', 'begins with "/"'],
    ['..', 'a name ".."'],
    ['a/../../b', 'a name ".."'],
    ['a/./b', 'a name "."'],
    ['a//b', 'an empty name'],
    ['a/', 'an empty name'],
    ['a\\..\\b', 'a backslash'],
    ['a\0b', 'a control character'],
    ['a\nb', 'a control character'],
    ['n'.repeat(221), 'longer than 220 bytes'],
    ['n/'.repeat(500), 'longer than 900 bytes'],
    ['a/.name.0123456789ab.part', 'still being written'],
  ])('%j is refused: %s', (key, why) => {
    expect(() => checkKey(key)).toThrow(why);
  });

  test('no key that is taken leads out of the folder it is joined to', () => {
    const names = fc.constantFrom('..', '.', '', 'a', '/', '\\', '.a', 'b.part');
    fc.assert(
      fc.property(fc.array(names, { maxLength: 6 }), (parts) => {
        const key = parts.join('/');
        try {
          checkKey(key);
        } catch {
          return;
        }
        const path = relative('/store', join('/store', key));
        expect(path).toBe(key);
        expect(isAbsolute(path) || path.startsWith('../')).toBe(false);
      }),
    );
  });
});

describe('checkPrefix', () => {
  test.each(['', 'a', 'a/', 'a/.', 'a/..', 'a/b'])('%j is a prefix', (prefix) => {
    expect(() => checkPrefix(prefix)).not.toThrow();
  });

  test.each(['/', '../', 'a/../', 'a//', './a'])('%j is refused', (prefix) => {
    expect(() => checkPrefix(prefix)).toThrow('cannot be a key');
  });
});

test('the name of a file that is being written tells what it was to become, and no other name does', () => {
  expect(finishedName(unfinishedName('x.dump.zst', '0123456789ab'))).toBe('x.dump.zst');
  expect(finishedName('.x.part')).toBeUndefined();
  expect(finishedName('x.0123456789ab.part')).toBeUndefined();
});
