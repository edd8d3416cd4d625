import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeSource, nameOf } from '../../../scripts/lib/backup/names.js';
import { kinds } from '../../../scripts/lib/backup/set.js';
import { checkKey } from '../../../scripts/lib/backup/store/key.js';

const set = '20261122_020000';

describe('nameOf', () => {
  test.each([
    ['postgres', 'app', 'db_app_20261122_020000.dump.zst'],
    ['postgres', 'globals', 'globals_20261122_020000.sql.zst'],
    ['redis', 'redis', 'redis_20261122_020000.rdb.zst'],
    ['files', 'uploads', 'files-uploads_20261122_020000.tar.zst'],
    ['config', 'config', 'config_20261122_020000.tar.zst'],
  ] as const)('%s %s is stored as %s', (kind, source, name) => {
    expect(nameOf(kind, source, set, false)).toBe(name);
    expect(nameOf(kind, source, set, true)).toBe(`${name}.age`);
  });

  test.each([
    ['my-app_2', 'my-app_2'],
    ['App', '.41pp'],
    ['a.b', 'a.2eb'],
    ['../../etc/passwd', '.2e.2e.2f.2e.2e.2fetc.2fpasswd'],
    ['a b%c"d', 'a.20b.25c.22d'],
    ['größe', 'gr.c3.b6.c3.9fe'],
  ])('a database called %j is written as %s', (source, encoded) => {
    expect(encodeSource(source)).toBe(encoded);
  });

  test('a long name is cut and stays its own', () => {
    const long = (end: string) => nameOf('files', `${'ü'.repeat(120)}${end}`, set, true);
    expect(long('a').length).toBeLessThan(200);
    expect(long('a')).not.toBe(long('b'));
  });
});

// Sources of every form, and some that are near the limit where names are cut.
const source = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.string({ unit: fc.constantFrom('a', 'A', '.', '_', '0', '2'), minLength: 1, maxLength: 6 }),
  fc.string({ unit: fc.constantFrom('a', 'B', '.'), minLength: 45, maxLength: 200 }),
);

test('a name is safe as a key, as a file and in a URL, whatever the source is called', () => {
  fc.assert(
    fc.property(fc.constantFrom(...kinds), source, fc.boolean(), (kind, value, encrypted) => {
      const name = nameOf(kind, value, set, encrypted);
      checkKey(`shop/${set}/${name}`);
      expect(name).toMatch(/^[a-z][a-z0-9._-]{1,199}$/);
      expect(encodeURIComponent(name)).toBe(name);
    }),
  );
});

test('two sources never share a name, also where the file system knows no case', () => {
  const one = fc.record({ kind: fc.constantFrom('postgres', 'files'), value: source.filter((value) => value !== 'globals') });
  fc.assert(
    fc.property(one, one, (a, b) => {
      fc.pre(a.kind !== b.kind || a.value !== b.value);
      const name = ({ kind, value }: typeof a) => nameOf(kind as 'postgres' | 'files', value, set, false).toLowerCase();
      expect(name(a)).not.toBe(name(b));
      expect([name(a), name(b)]).not.toContain(nameOf('postgres', 'globals', set, false));
    }),
    { numRuns: 1_000 },
  );
});
