import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stampsOf } from '../../../scripts/lib/dev/sources.js';

let folder: string;
const path = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stamps-'));
  mkdirSync(path('src'));
  writeFileSync(path('src/app.js'), 'one');
  writeFileSync(path('package.json'), '{}');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the same files have the same stamps', () => {
  expect(stampsOf(folder)).toEqual(stampsOf(folder));
  expect(stampsOf(folder)).toHaveLength(2);
});

test.each<[string, () => void]>([
  ['another content', () => writeFileSync(path('src/app.js'), 'three')],
  ['another content of the same length', () => writeFileSync(path('src/app.js'), 'two')],
  ['another mode', () => chmodSync(path('src/app.js'), 0o755)],
  ['a file more', () => writeFileSync(path('src/more.js'), '')],
  ['a file less', () => rmSync(path('src/app.js'))],
  ['another name', () => renameSync(path('src/app.js'), path('src/main.js'))],
  [
    'another content with the old time put back',
    () => {
      writeFileSync(path('src/app.js'), 'two');
      utimesSync(path('src/app.js'), new Date(0), new Date(0));
    },
  ],
])('%s changes them', (_, change) => {
  const before = stampsOf(folder);
  change();
  expect(stampsOf(folder)).not.toEqual(before);
});

test('installed packages and the history of git do not count, and a link that leads nowhere does no harm', () => {
  const before = stampsOf(folder);
  for (const name of ['node_modules', '.git', 'src/node_modules']) {
    mkdirSync(path(name));
    writeFileSync(path(`${name}/x`), 'x');
  }
  expect(stampsOf(folder)).toEqual(before);
  symlinkSync('nowhere', path('link'));
  expect(stampsOf(folder)).toHaveLength(before.length + 1);
});
