import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ListResult } from '../../scripts/lib/backup/sidecar/results.js';
import { backedUp, inBase, makeSet, redis, sql } from '../helpers/backups.js';
import { blockBackups, untilBlocked } from '../helpers/cron-container.js';
import {
  dump,
  type Fingerprint,
  fillFiles,
  fillPostgres,
  fillRedis,
  fingerprint,
  inFiles,
  psql,
  redisCli,
} from '../helpers/restore-fixture.js';
import { databases, restore, restored } from '../helpers/restores.js';
import { createStack, type Stack } from '../helpers/stack.js';

let stack: Stack;
let set: string;
/** The data as the set has them. */
let before: Fingerprint;

beforeAll(async () => {
  stack = await createStack({}, { quick: true });
  await stack.deployed('t1');
  fillPostgres(stack);
  fillRedis(stack);
  fillFiles(stack);
  await note('in the set');
  before = fingerprint(stack);
  ({ set } = await makeSet(stack));
});
afterAll(() => stack?.destroy());

const note = async (text: string) => {
  const { status } = await stack.fetch('/api/notes', {
    method: 'POST',
    body: JSON.stringify({ text }),
    headers: { 'content-type': 'application/json' },
  });
  expect(status).toBe(201);
};
const notes = () => sql(stack, 'SELECT text FROM notes ORDER BY id').split('\n');

/** Nothing is as the set has it. */
function damage(): void {
  psql(stack, 'app', 'DROP SCHEMA "Odd Schema" CASCADE; DROP TABLE events CASCADE; TRUNCATE audit; SELECT lo_unlink(424242);');
  psql(stack, 'postgres', 'ALTER ROLE reader RESET statement_timeout; CREATE DATABASE bystander;');
  redisCli(stack, ['SELECT 3', 'DEL plain hash', 'SET new key', 'SELECT 9', 'FLUSHDB']);
  inFiles(stack, 'cd "$1"; rm -r ./-rf deep; chmod 0700 .; echo new > new.txt; echo changed > plain.txt');
}

/** What is expected of a database but for what the app itself writes into it all the time. */
const expectData = (found: Fingerprint, wanted: Fingerprint) => {
  expect(withoutApp(found.app)).toBe(withoutApp(wanted.app));
  expect(found.odd).toBe(wanted.odd);
  expect(found.redis).toBe(wanted.redis);
  expect(found.files).toBe(wanted.files);
};

/** The scheduler of the sample app writes down that it lives, once a second. */
function withoutApp(script: string): string {
  return script
    .replace(/^COPY public\.scheduler_runs [\s\S]*?^\\\.$/m, '')
    .replace(/^SELECT pg_catalog\.setval\('public\.scheduler_runs.*$/m, '');
}

describe('a plan', () => {
  test('is printed by --dry-run, step by step, and nothing is changed', async () => {
    const { exitCode, json } = await restore(stack, 'latest', '--dry-run');
    expect(exitCode).toBe(0);
    expect((json.steps as { id: string }[]).map(({ id }) => id)).toEqual([
      'safety-set',
      'roles',
      'load-database app',
      `load-database ${(json.steps as { id: string }[])[3]?.id.slice('load-database '.length)}`,
      'load-files uploads',
      'load-redis',
      'maintenance-on',
      'swap-files',
      'swap-postgres',
      'swap-redis',
      'maintenance-off',
    ]);
    expectData(fingerprint(stack), before);
    expect(databases(stack)).not.toContainEqual(expect.stringContaining('_restore_'));
  });
});

describe('a whole restore', () => {
  let damaged: Fingerprint;

  test('brings every database, Redis and the files back as they were', async () => {
    damage();
    await note('after the set');
    damaged = fingerprint(stack);
    const result = await restored(stack, set);
    expect(result).toMatchObject({ outcome: 'restored', set, kept: expect.arrayContaining([expect.stringMatching(/^app_before_/)]) });
    expectData(fingerprint(stack), before);
    expect(notes()).toEqual(['in the set']);
    expect(databases(stack)).toContain('bystander');
  });

  test('leaves an app that works, with its workers connected again, and no maintenance', async () => {
    await note('after the restore');
    expect(notes()).toEqual(['in the set', 'after the restore']);
    const { body } = await stack.fetch('/api/jobs', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
    expect(body).toBeTruthy();
    expect(await stack.live()).toEqual({ release: 't1', colour: 'blue' });
  });

  test('has counted the sequences on, and Redis keeps it over a restart', async () => {
    expect(sql(stack, "SELECT nextval('counted'), nextval('untouched'), (SELECT is_called FROM untouched)")).toBe('114|42|t');
    sql(stack, "SELECT setval('counted', 107), setval('untouched', 42, false)");
    const container = await stack.container('', 'redis');
    await container.restart();
    await expect.poll(() => redis(stack, 'PING'), { timeout: 20_000 }).toBe('PONG');
    expect(fingerprint(stack).redis).toBe(before.redis);
  });

  test('is shown by status, and its safety set is pinned', async () => {
    const { json } = await stack.start('status', []).ended;
    expect((json.operations as object[])[0]).toMatchObject({ command: 'restore', version: set, outcome: 'done' });
    const { sets } = await backedUp<ListResult>(stack, 'list');
    expect(sets[0]).toMatchObject({ pinned: true, manifest: { reason: 'restore', kinds: ['postgres', 'redis', 'files'] } });
  });

  test('is undone by --undo: what was live before is live again, whatever came later', async () => {
    const result = await restored<'undone'>(stack, '--undo');
    expect(result).toMatchObject({ outcome: 'undone', set });
    expectData(fingerprint(stack), damaged);
    expect(notes()).toEqual(['in the set', 'after the set']);
    const again = await restore(stack, '--undo', '--yes');
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toMatch(/there is no restore to undo/);
  });

  test('is never made of a safety set when the newest set is wanted', async () => {
    const { json } = await restore(stack, 'latest', '--only', 'postgres', '--dry-run');
    expect(json.title).toMatch(new RegExp(`^restore the set ${set} `));
  });

  test('leaves nothing once it is forgotten', async () => {
    expect(await restored<'forgotten'>(stack, '--forget')).toMatchObject({ outcome: 'forgotten' });
    expect(databases(stack).filter((name) => /_(before|restore)_/.test(name))).toEqual([]);
    expect(inFiles(stack, 'cd "$1"; ls -A | grep slipway || true')).toBe('');
    const { sets } = await backedUp<ListResult>(stack, 'list');
    expect(sets.filter(({ pinned }) => pinned)).toEqual([]);
    expect(await restored<'forgotten'>(stack, '--forget')).toMatchObject({ outcome: 'forgotten', steps: [] });
  });

  test('keeps settings and grants that the live database got since the set was made', async () => {
    psql(
      stack,
      'postgres',
      "ALTER DATABASE app SET work_mem = '9MB'; ALTER DATABASE app CONNECTION LIMIT 77; GRANT CONNECT ON DATABASE app TO reader;",
    );
    await restored(stack, set, '--database', 'app', '--skip-safety-set');
    expect(
      withoutApp(dump(stack, 'app'))
        .replace("'9MB'", "'5MB'")
        .replace('LIMIT = 77', 'LIMIT = 90')
        .replace(/^GRANT CONNECT ON DATABASE app TO reader;\n/m, ''),
    ).toBe(withoutApp(before.app));
    await restored<'undone'>(stack, '--undo');
    psql(
      stack,
      'postgres',
      "ALTER DATABASE app SET work_mem = '5MB'; ALTER DATABASE app CONNECTION LIMIT 90; REVOKE CONNECT ON DATABASE app FROM reader;",
    );
    await restored(stack, set, '--skip-safety-set');
    expectData(fingerprint(stack), before);
  });
});

test('a live database that lets nobody in is replaced all the same', async () => {
  psql(stack, 'postgres', 'ALTER DATABASE app ALLOW_CONNECTIONS false');
  await restored(stack, set, '--database', 'app', '--skip-safety-set');
  expect(withoutApp(dump(stack, 'app'))).toBe(withoutApp(before.app));
});

describe('a restore beside what is live', () => {
  test('--to-database makes a new database of any name, and touches nothing else', async () => {
    const result = await restored(stack, set, '--database', 'app', '--to-database', 'Yesterday "x"');
    expect(result).toMatchObject({ beside: { database: 'Yesterday "x"', live: 'app' }, kept: [] });
    expect(dump(stack, 'Yesterday "x"').replaceAll('"Yesterday ""x"""', 'app')).toContain('COPY "Odd Schema"."Täble; DROP"');
    expectData(fingerprint(stack), before);
    const again = await restore(stack, set, '--database', 'app', '--to-database', 'Yesterday "x"', '--yes');
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toMatch(/there is a database Yesterday "x" already/);
    psql(stack, 'postgres', 'DROP DATABASE "Yesterday ""x""";');
  });

  test('--table brings tables, and says the command that brings their rows into the live ones', async () => {
    sql(stack, `DELETE FROM events; DELETE FROM "Odd Schema"."Täble; DROP" WHERE id < 100`);
    const result = await restored(stack, set, '--table', 'public.events', '--table', 'Odd Schema.Täble; DROP');
    if (result.outcome !== 'restored') throw new Error(result.outcome);
    expect(result.beside?.database).toMatch(/^app_table_/);
    expect(sql(stack, 'SELECT count(*) FROM events', result.beside?.database)).toBe('402');
    expect(sql(stack, 'SELECT count(*) FROM audit', result.beside?.database)).toBe('0');
    for (const command of result.commands.copyBack) execFileSync('sh', ['-c', command], { stdio: 'pipe' });
    expect(sql(stack, 'SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM "Odd Schema"."Täble; DROP")')).toBe('402|490');
    await restored<'forgotten'>(stack, '--forget');
    expect(databases(stack).filter((name) => /_(table|before|restore)_/.test(name))).toEqual([]);
  });

  test('--from-file restores a dump of this machine, which takes the live one’s place', async () => {
    const file = join(stack.folder, 'own.dump');
    writeFileSync(
      file,
      execFileSync('docker', ['exec', `${stack.name}-postgres-1`, 'pg_dump', '-h', '/var/run/postgresql', '-U', 'postgres', '-Fc', 'app']),
    );
    const wanted = dump(stack, 'app');
    sql(stack, 'TRUNCATE notes');
    await restored(stack, '--from-file', file, '--skip-safety-set');
    expect(withoutApp(dump(stack, 'app'))).toBe(withoutApp(wanted));
  });
});

describe('what cannot be restored is refused, and nothing is changed', () => {
  let now: Fingerprint;
  beforeAll(() => {
    now = fingerprint(stack);
  });
  afterAll(() => expectData(fingerprint(stack), now));

  const refused = async (words: string[], exitCode: number, message: RegExp) => {
    const ended = await restore(stack, ...words);
    expect(ended.exitCode, ended.stderr).toBe(exitCode);
    expect(ended.stderr).toMatch(message);
  };

  test.each<[string, string[], RegExp]>([
    ['no set', ['--yes'], /a set is missing/],
    ['nobody who could answer', ['latest'], /nobody is here to answer[\s\S]*--yes/],
    ['a word that is no set', ['yesterday', '--yes'], /"yesterday": should be latest or the id of a set/],
    ['an unknown set', ['20010203_040506', '--yes'], /20010203_040506: there is no such set of .*[\s\S]*there (is|are): 20/],
    ['an unknown kind', ['latest', '--only', 'mail', '--yes'], /--only: should be some of postgres, redis, files, got "mail"/],
    [
      'an unknown database',
      ['latest', '--database', 'nope', '--yes'],
      /--database: the set \d+_\d+ has no database nope[\s\S]*it has: app/,
    ],
    ['the database postgres', ['latest', '--database', 'postgres', '--yes'], /postgres cannot take another database's place/],
    ['an unknown table', ['latest', '--table', 'public.nope', '--yes'], /--table: the dump has no table public\.nope[\s\S]*public\.notes/],
    ['a table without a schema', ['latest', '--table', 'notes', '--yes'], /--table: should be SCHEMA\.TABLE/],
    ['a stack without sets', ['latest', '--from-stack', 'nobody', '--yes'], /no backup set of nobody/],
    ['a file that is no dump', ['--from-file', 'package.json', '--yes'], /package\.json is not a dump/],
    ['a file that is not there', ['--from-file', '/nowhere.dump', '--yes'], /--from-file: ENOENT/],
    ['flags that exclude each other', ['latest', '--undo', '--yes'], /--undo: goes without "latest"/],
  ])('%s: exit code 2', async (_, words, message) => {
    await refused(words, 2, message);
  });

  test('a set of another stack needs --from-stack', async () => {
    copySet(stack, set, stack.name, 'elsewhere', (manifest) => ({ ...manifest, set: '20200101_000000', stack: 'elsewhere' }));
    await refused(['20200101_000000', '--yes'], 2, /there is no such set of [\s\S]*the stack elsewhere has it: add --from-stack elsewhere/);
    const { exitCode, json } = await restore(stack, '20200101_000000', '--from-stack', 'elsewhere', '--dry-run');
    expect(exitCode).toBe(0);
    expect(json.title).toMatch(/^restore the set 20200101_000000 of elsewhere/);
  });

  test('a set of a newer server', async () => {
    const newer = (manifest: Record<string, unknown>) => ({
      ...manifest,
      set: '20200102_000000',
      versions: { slipway: 'x', postgres: '99.1', redis: '88.0' },
    });
    copySet(stack, set, stack.name, stack.name, newer);
    await refused(
      ['20200102_000000', '--yes'],
      2,
      /POSTGRES_IMAGE: the set was made by PostgreSQL 99\.1[\s\S]*REDIS_IMAGE: the set was made by Redis 88\.0/,
    );
  });

  test('a dump that is damaged: exit code 1, and the half that was restored is gone', async () => {
    copySet(stack, set, stack.name, stack.name, (manifest) => ({ ...manifest, set: '20200103_000000' }), true);
    const there = databases(stack);
    await refused(
      ['20200103_000000', '--only', 'postgres', '--skip-safety-set', '--yes'],
      1,
      /db_app\S*: (it cannot be unpacked|stored checksum|unpacked checksum)[\s\S]*the live data are what they were/,
    );
    expect(databases(stack)).toEqual(there);
  });

  test('Redis data that Redis has no memory for: exit code 1', async () => {
    const limit = redis(stack, 'CONFIG', 'GET', 'maxmemory').split('\n')[1] ?? '';
    redis(stack, 'CONFIG', 'SET', 'maxmemory', '2mb');
    await refused(['latest', '--only', 'redis', '--skip-safety-set', '--yes'], 1, /Redis data take .* MiB, Redis may use 2\.0 MiB/);
    redis(stack, 'CONFIG', 'SET', 'maxmemory', limit);
  });

  test('while a backup runs: exit code 3', async () => {
    const unblock = await blockBackups(stack);
    const running = stack.start('backup', ['run', '--only', 'postgres']);
    await untilBlocked(stack);
    await refused(['latest', '--yes'], 3, /another backup, restore or drill of this stack is running/);
    await unblock();
    expect((await running.ended).exitCode).toBe(0);
    sql(stack, 'DROP TABLE blocking');
  });
});

/** Makes a set out of another one, inside the local store. */
function copySet(
  of: Stack,
  from: string,
  fromStack: string,
  toStack: string,
  change: (manifest: Record<string, unknown>) => Record<string, unknown>,
  flip = false,
): void {
  const root = '/var/lib/slipway/sets';
  const { checksum: _, ...old } = JSON.parse(inBase(of, 'cron', ['cat', `${root}/${fromStack}/${from}/manifest.json`])) as Record<
    string,
    unknown
  >;
  const manifest = change(old);
  const program = `
    const { createHash } = require('node:crypto'); const fs = require('node:fs');
    const [from, to, text, flip] = process.argv.slice(1);
    fs.cpSync(from, to, { recursive: true });
    const manifest = JSON.parse(text);
    const json = (value) => JSON.stringify(value, undefined, 2) + '\\n';
    const checksum = createHash('sha256').update(json(manifest)).digest('hex');
    fs.writeFileSync(to + '/manifest.json', json({ ...manifest, checksum }));
    if (flip === 'true') {
      const file = to + '/' + manifest.objects.find(({ source }) => source === 'app').name;
      const bytes = fs.readFileSync(file);
      bytes[bytes.length >> 1] ^= 1;
      fs.writeFileSync(file, bytes);
    }`;
  const to = `${root}/${toStack}/${manifest.set}`;
  inBase(of, 'cron', ['node', '-e', program, `${root}/${fromStack}/${from}`, to, JSON.stringify(manifest), String(flip)]);
}
