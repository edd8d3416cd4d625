import { execFile } from 'node:child_process';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DrillOutcome, ListResult, PruneResult, ShowResult, VerifyResult } from '../../../scripts/lib/backup/sidecar/results.js';
import { backedUp, backup, baseUp, inBase, makeSet, redis, setsOf, sql } from '../../helpers/backups.js';
import { createStack, type Stack } from '../../helpers/stack.js';

let stack: Stack;

beforeAll(async () => {
  stack = await createStack({ BACKUP_SCHEDULE: 'off', BACKUP_DRILL_SCHEDULE: 'off' });
  await baseUp(stack);
  sql(
    stack,
    "CREATE TABLE notes (id int PRIMARY KEY, text text); INSERT INTO notes SELECT g, 'Grüße ' || g FROM generate_series(1, 5000) g",
  );
  sql(stack, 'CREATE DATABASE "Other = odd"', 'postgres');
  sql(stack, 'CREATE TABLE t AS SELECT 1 AS a', 'Other = odd');
  redis(stack, 'SET', 'a', '1');
  redis(stack, 'SET', 'b', '2', 'EX', '10000');
  redis(stack, '-n', '3', 'RPUSH', 'list', 'x', 'y');
});

afterAll(() => stack?.destroy());

describe('a set', () => {
  test('has every database, the roles, Redis, and counts what it holds', async () => {
    const { objects, kinds, versions, recipients } = await makeSet(stack);
    expect(kinds).toEqual(['postgres', 'redis', 'files', 'config']);
    expect(recipients).toEqual([]);
    expect(versions).toMatchObject({ postgres: expect.stringMatching(/^\d+\.\d+$/), redis: expect.stringMatching(/^\d+\./) });
    const bySource = new Map(objects.map((object) => [object.source, object]));
    expect([...bySource.keys()].sort()).toEqual(['Other = odd', 'app', 'globals', 'postgres', 'redis']);
    expect(bySource.get('app')?.rows).toEqual({ 'public.notes': 5000 });
    expect(bySource.get('Other = odd')?.rows).toEqual({ 'public.t': 1 });
    expect(bySource.get('redis')?.keys).toEqual({ total: 3, expires: 1 });
  });

  test('is listed with its age, and shown', async () => {
    const [latest] = await setsOf(stack);
    const { manifest, stores } = await backedUp<ShowResult>(stack, 'show', latest as string);
    expect(manifest.set).toBe(latest);
    expect(stores).toEqual(['local']);
  });

  test('is read back to its end by verify', async () => {
    const { verifications } = await backedUp<VerifyResult>(stack, 'verify', 'latest');
    expect(verifications).toMatchObject([{ store: 'local', understood: 5, sealed: 0 }]);
  });

  test('restores in a drill, which finds every row and key again, and marks it', async () => {
    const drill = await backedUp<DrillOutcome>(stack, 'drill');
    expect(drill).toMatchObject({ restored: true, rows: 5001, keys: 3 });
    const { sets } = await backedUp<ListResult>(stack, 'list');
    expect(sets[0]?.verified).toBeDefined();
  });

  test('of one kind is none of a whole backup: latest still means the whole one', async () => {
    const whole = (await setsOf(stack))[0];
    const part = await makeSet(stack, '--only', 'redis');
    expect(part.objects.map(({ kind }) => kind)).toEqual(['redis']);
    const drill = await backedUp<DrillOutcome>(stack, 'drill');
    expect(drill.set).toBe(whole);
  });

  test('no secret stands in it, in a process or in an answer', async () => {
    const { stdout } = await backup(stack, 'list');
    const log = inBase(stack, 'cron', ['sh', '-c', 'cat /proc/*/cmdline /proc/*/environ 2>/dev/null | tr "\\0" "\\n"'], '0');
    for (const secret of stack.secrets) for (const text of [stdout, log]) expect(text).not.toContain(secret);
  });
});

describe('pins and pruning', () => {
  test('a dry run says what is kept and why, and removes nothing', async () => {
    const before = await setsOf(stack);
    const { keep, removed } = await backedUp<PruneResult>(stack, 'prune', '--dry-run');
    expect(keep.length).toBe(before.length);
    expect(removed).toEqual([]);
    expect(await setsOf(stack)).toEqual(before);
  });

  test('a pin is shown, and taken back', async () => {
    const [set = ''] = await setsOf(stack);
    await backedUp(stack, 'pin', set);
    expect((await backedUp<ShowResult>(stack, 'show', set)).pinned).toBe(true);
    await backedUp(stack, 'unpin', set);
    expect((await backedUp<ShowResult>(stack, 'show', set)).pinned).toBe(false);
  });
});

describe('an encrypted set', () => {
  test('is read by its checksums without an identity, and restored in a drill with one', async () => {
    const identity = await generateIdentity();
    stack.set({ BACKUP_AGE_RECIPIENTS: await identityToRecipient(identity) });
    await upgraded();
    const set = await makeSet(stack);
    expect(set.objects.every(({ name }) => name.endsWith('.age'))).toBe(true);
    expect(await backedUp<VerifyResult>(stack, 'verify', set.set)).toMatchObject({ verifications: [{ understood: 0, sealed: 5 }] });
    expect(await backedUp<DrillOutcome>(stack, 'drill', set.set)).toMatchObject({ restored: false });

    stack.set({ BACKUP_AGE_IDENTITY: identity });
    await upgraded();
    expect(await backedUp<VerifyResult>(stack, 'verify', set.set)).toMatchObject({ verifications: [{ understood: 5, sealed: 0 }] });
    expect(await backedUp<DrillOutcome>(stack, 'drill', set.set)).toMatchObject({ restored: true, rows: 5001, keys: 3 });

    stack.set({ BACKUP_AGE_IDENTITY: await generateIdentity() });
    await upgraded();
    const wrong = await backup(stack, 'verify', set.set);
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stderr).toMatch(/cannot be decrypted/);
    stack.set({ BACKUP_AGE_RECIPIENTS: '', BACKUP_AGE_IDENTITY: '' });
    await upgraded();
  });
});

describe('what is wrong is told in a line, and changes nothing', () => {
  test.each([
    [['show', '20200101_000000'], /20200101_000000/, 2],
    [['show', 'yesterday'], /yesterday: should be latest or the id of a set/, 2],
    [['pin'], /a set is missing/, 2],
    [['run', '--only', 'mysql'], /--only: should be some of postgres, redis, files, config, got "mysql"/, 2],
    [['frobnicate'], /"frobnicate": is no action/, 2],
    [['prune', '20200101_000000'], /one word too many/, 2],
  ])('%j', async (words, message, code) => {
    const before = await setsOf(stack);
    const ended = await backup(stack, ...words);
    expect(ended.stderr).toMatch(message);
    expect(ended.exitCode).toBe(code);
    expect(await setsOf(stack)).toEqual(before);
  });

  test('a database that is not there', async () => {
    stack.set({ BACKUP_DATABASES: 'app,nothing' });
    await upgraded();
    const ended = await backup(stack, 'run');
    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toMatch(/BACKUP_DATABASES: there is no database nothing/);
    stack.set({ BACKUP_DATABASES: '' });
    await upgraded();
  });

  test('a run while another one holds the lock says that it is busy, exit code 3', async () => {
    // The other one is played by a session that takes the same lock, so that it surely holds it all the while.
    const holding = execFile('docker', [
      ...['exec', `${stack.name}-postgres-1`, 'psql', '-h', '/var/run/postgresql', '-U', 'postgres', '-qAt'],
      ...['-c', "SELECT pg_advisory_lock(x'736c6970'::int, x'6261636b'::int)", '-c', 'SELECT pg_sleep(100)'],
    ]);
    const over = new Promise((resolve) => holding.once('close', resolve));
    const deadline = Date.now() + 30_000;
    while (sql(stack, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", 'postgres') === '0') {
      expect(Date.now(), 'the session takes the lock').toBeLessThan(deadline);
    }
    const busy = await backup(stack, 'run');
    expect(busy.exitCode).toBe(3);
    expect(busy.stderr).toMatch(/another backup, restore or drill of this stack is running, since 20/);
    sql(stack, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'", 'postgres');
    await over;
    expect((await backup(stack, 'run')).exitCode).toBe(0);
  });
});

/** Brings the cron container to what .env says now. */
async function upgraded(): Promise<void> {
  const ended = await stack.start('base', ['upgrade'], { args: ['--yes'] }).ended;
  expect(ended.exitCode, ended.stderr).toBe(0);
}
