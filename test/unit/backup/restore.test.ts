import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { statementsFor } from '../../../scripts/lib/backup/kinds/pg-restore.js';
import { statementsOf } from '../../../scripts/lib/backup/kinds/statements.js';
import { besideName } from '../../../scripts/lib/backup/restore/beside.js';
import { schemaAndTable } from '../../../scripts/lib/backup/restore/load-tables.js';
import { isLopsided } from '../../../scripts/lib/backup/restore/lopsided.js';
import { propertiesOf } from '../../../scripts/lib/backup/restore/properties.js';
import { volumeHere } from '../../../scripts/lib/backup/restore/release-volumes.js';
import { assertRoom, neededBytes, roomWarning } from '../../../scripts/lib/backup/restore/room.js';
import { isSwapped } from '../../../scripts/lib/backup/restore/swap-databases.js';
import { callerOn } from '../../../scripts/lib/backup/sidecar/restore-commands.js';
import type { Reply } from '../../../scripts/lib/backup/sidecar/restore-results.js';
import { SlipwayError } from '../../../scripts/lib/errors.js';

const stamp = '20261122_020000';

describe('the name of a database that stands beside another', () => {
  test('says what it is, and when', () => {
    expect(besideName('app', 'restore', stamp, new Set())).toBe('app_restore_20261122_020000');
    expect(besideName('app', 'before', stamp, new Set(['app_before_20261122_020000']))).toBe('app_2_before_20261122_020000');
  });

  test('is never longer than Postgres takes, is not taken, and cuts no character in two', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 63 }), fc.array(fc.nat(3)), (name, many) => {
        const taken = new Set<string>();
        for (const _ of many) {
          const one = besideName(name, 'before', stamp, taken);
          expect(Buffer.byteLength(one)).toBeLessThanOrEqual(63);
          expect(taken.has(one)).toBe(false);
          const kept = one.replace(/(_\d+)?_before_20261122_020000$/, '');
          expect([...name].slice(0, [...kept].length).join('')).toBe(kept);
          expect(one.endsWith(`_before_${stamp}`)).toBe(true);
          taken.add(one);
        }
      }),
    );
  });
});

describe('a script of pg_restore', () => {
  test('is split into its statements, whatever stands in texts and names', () => {
    const script = `--
-- Name: app; Type: DATABASE
--
\\restrict abc
CREATE DATABASE "a;b" WITH TEMPLATE = template0;
\\connect -reuse-previous=on "dbname='a;b'"
COMMENT ON DATABASE "a;b" IS 'it''s; two
\\connect elsewhere -- no comment';
SELECT 1 - 2;
`;
    expect(statementsOf(script)).toEqual([
      'CREATE DATABASE "a;b" WITH TEMPLATE = template0',
      `COMMENT ON DATABASE "a;b" IS 'it''s; two\n\\connect elsewhere -- no comment'`,
      'SELECT 1 - 2',
    ]);
  });

  test('gives back the statements that it was made of', () => {
    const quoted = (mark: string) => fc.string({ unit: 'binary' }).map((text) => `${mark}${text.replaceAll(mark, mark + mark)}${mark}`);
    const word = fc.oneof(fc.constantFrom('ALTER', 'a-b', '1', '=', ','), quoted("'"), quoted('"'));
    const statement = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(fc.array(statement), (statements) => {
        const script = statements.map((one, n) => `${n % 2 ? "-- it's a comment;\n" : '\\connect "x;\n'}${one};\n`).join('');
        expect(statementsOf(script)).toEqual(statements.map((one) => one.trim()));
      }),
    );
  });

  test('tells what a database is like, without its tablespace and without what is about the session', () => {
    const script = `SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE DATABASE app WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'C' TABLESPACE = "fast disk";
ALTER DATABASE app OWNER TO app;
SET SESSION AUTHORIZATION other;
GRANT CONNECT ON DATABASE app TO x;
RESET SESSION AUTHORIZATION;
`;
    expect(propertiesOf(script)).toEqual({
      name: 'app',
      creation: "WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'C'",
      statements: [
        'ALTER DATABASE app OWNER TO app',
        'SET SESSION AUTHORIZATION other',
        'GRANT CONNECT ON DATABASE app TO x',
        'RESET SESSION AUTHORIZATION',
      ],
    });
    expect(propertiesOf('')).toEqual({ name: undefined, creation: 'WITH TEMPLATE = template0', statements: [] });
  });
});

describe('the roles of a set', () => {
  const dump = `SET standard_conforming_strings = on;
CREATE ROLE app;
ALTER ROLE app WITH LOGIN PASSWORD 'SCRAM-SHA-256$4096:x';
CREATE ROLE "Röle; x";
ALTER ROLE "Röle; x" WITH NOLOGIN;
COMMENT ON ROLE "Röle; x" IS 'two
lines';
CREATE TABLESPACE fast OWNER app LOCATION '/fast';
ALTER ROLE app SET search_path TO 'a', 'b';
ALTER ROLE "Röle; x" SET work_mem TO '5MB';
GRANT "Röle; x" TO app WITH INHERIT TRUE GRANTED BY postgres;
GRANT other TO app;
GRANT CREATE ON TABLESPACE fast TO app;
`;

  test('that are new are made; those that are there keep their passwords and rights, and take part in new ones', () => {
    expect(statementsFor(dump, new Set(['app', 'other', 'postgres']))).toEqual([
      'CREATE ROLE "Röle; x"',
      'ALTER ROLE "Röle; x" WITH NOLOGIN',
      `COMMENT ON ROLE "Röle; x" IS 'two\nlines'`,
      `ALTER ROLE "Röle; x" SET work_mem TO '5MB'`,
      'GRANT "Röle; x" TO app WITH INHERIT TRUE GRANTED BY postgres',
    ]);
  });

  test('on a bare machine get their settings and memberships as well, never a password', () => {
    const statements = statementsFor(dump, new Set(['app', 'other', 'Röle; x']), true);
    expect(statements).toEqual([
      "ALTER ROLE app SET search_path TO 'a', 'b'",
      `ALTER ROLE "Röle; x" SET work_mem TO '5MB'`,
      'GRANT "Röle; x" TO app WITH INHERIT TRUE GRANTED BY postgres',
      'GRANT other TO app',
    ]);
  });
});

test('one table that has most of the rows makes a dump lopsided', () => {
  expect(isLopsided({})).toBe(false);
  expect(isLopsided({ 'public.empty': 0 })).toBe(false);
  expect(isLopsided({ 'public.a': 1 })).toBe(true);
  expect(isLopsided({ 'public.a': 60, 'public.b': 40 })).toBe(true);
  expect(isLopsided({ 'public.a': 59, 'public.b': 41 })).toBe(false);
});

describe('room', () => {
  const downloads = { dumps: [100, 700, 300], redis: 50 };

  test('is needed for the largest dump and for Redis', () => {
    expect(neededBytes(downloads)).toBe(750);
    expect(neededBytes({ dumps: [], redis: 0 })).toBe(0);
  });

  test('that is missing is told with both sizes', () => {
    expect(() => assertRoom(downloads, 750)).not.toThrow();
    expect(() => assertRoom({ dumps: [3 * 1024 ** 3], redis: 0 }, 2 ** 20)).toThrow(
      'there is no room on the scratch volume: 3.0 GiB are needed, 1.0 MiB are free',
    );
  });

  test('that may become narrow on a shared disk is a warning', () => {
    expect(roomWarning(downloads, 1_110, 10_000)).toBeUndefined();
    expect(roomWarning(downloads, 1_110, 1_800)).toMatch(/about 1\.8 KiB are needed/);
  });
});

describe('the volume that files go to', () => {
  test.each([
    ['the set does not tell', undefined, 'shop', 'shop', 'shop-app_media'],
    ['it is this stack’s', 'shop-app_media', 'shop', 'shop', 'shop-app_media'],
    ['it has a name of its own', 'nfs', 'shop', 'shop', 'nfs'],
    ['it is another stack’s', 'shop-app_media', 'shop', 'try', 'try-app_media'],
    ['it has a name of its own, and the set is another stack’s', 'nfs', 'shop', 'try', undefined],
  ])('when %s', (_, volume, from, to, wanted) => {
    expect(volumeHere('media', volume, from, to)).toBe(wanted);
  });
});

test('whether a swap has happened is told by the databases that there are', () => {
  const swap = { name: 'app', fresh: 'f', before: 'b' };
  expect(isSwapped(swap, new Set(['app']))).toBe(false);
  expect(isSwapped(swap, new Set(['app', 'f']))).toBe(false);
  expect(isSwapped(swap, new Set(['app', 'b']))).toBe(true);
  expect(isSwapped({ ...swap, before: undefined }, new Set(['app']))).toBe(true);
  expect(isSwapped({ ...swap, before: undefined }, new Set(['f']))).toBe(false);
});

test('a table’s name is split at its first dot', () => {
  expect(schemaAndTable('public.a.b')).toEqual(['public', 'a.b']);
});

describe('the questions of the other side', () => {
  const opened = () => {
    const input = new PassThrough();
    const said: Reply[] = [];
    return { input, said, caller: callerOn(input, (line) => said.push(line)), signal: new AbortController() };
  };

  test('come one after the other, and end with the stream', async () => {
    const { input, caller, signal } = opened();
    input.write('{"id":1,"do":"stop"}\n{"id":2,"do":"begin","begin":{"action":"tidy"}}\n{"id":3,"do":');
    input.end('"step","step":{"kind":"roles"}}\n');
    expect((await caller.next(signal.signal))?.id).toBe(2);
    expect((await caller.next(signal.signal))?.id).toBe(3);
    expect(await caller.next(signal.signal)).toBeUndefined();
  });

  test('stop the step that runs, and no later one', async () => {
    const { input, caller } = opened();
    const first = caller.stopped();
    const aborted = new Promise((resolve) => first.addEventListener('abort', resolve));
    input.write('{"id":1,"do":"stop"}\n');
    await aborted;
    expect(caller.stopped().aborted).toBe(false);
  });

  test('are answered with a result or with the error, and a stop of everything wakes whoever waits', async () => {
    const { said, caller, signal } = opened();
    await caller.answer({ id: 1, do: 'stop' }, async () => ({ fine: true }));
    await caller.answer({ id: 2, do: 'stop' }, async () => {
      throw new SlipwayError('no', { hints: ['type'], exitCode: 3 });
    });
    expect(said).toEqual([
      { event: 'reply', id: 1, ok: true, result: { fine: true } },
      { event: 'reply', id: 2, ok: false, error: { message: 'no', details: [], hints: ['type'], exitCode: 3 } },
    ]);
    const waiting = caller.next(signal.signal);
    signal.abort(new SlipwayError('over'));
    await expect(waiting).rejects.toThrow('over');
  });
});
