import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashOfFolder } from '../../../scripts/lib/engine/folder-hash.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'folder-hash-'));
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'a'), 'one');
  writeFileSync(join(folder, 'bin/b'), 'two');
  for (const file of ['a', 'bin/b']) chmodSync(join(folder, file), 0o644);
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the hash stays while nothing changes', () => {
  expect(hashOfFolder(folder)).toBe(hashOfFolder(folder));
});

test.each([
  ['the bytes of a file', () => writeFileSync(join(folder, 'bin/b'), 'twO')],
  ['the mode of a file', () => chmodSync(join(folder, 'bin/b'), 0o755)],
  ['the path of a file', () => renameSync(join(folder, 'bin/b'), join(folder, 'bin/c'))],
  [
    'where one file ends and the next begins',
    () => {
      writeFileSync(join(folder, 'a'), 'onet');
      writeFileSync(join(folder, 'bin/b'), 'wo');
    },
  ],
])('the hash changes with %s', (_what, change) => {
  const before = hashOfFolder(folder);
  change();
  expect(hashOfFolder(folder)).not.toBe(before);
});
