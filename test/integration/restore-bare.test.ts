import { randomBytes } from 'node:crypto';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inBase, makeSet, redis, sql } from '../helpers/backups.js';
import { destroyEverything, engine } from '../helpers/leftovers.js';
import { fillFiles, fillRedis, inFiles, psql, redisState } from '../helpers/restore-fixture.js';
import { restore, restored } from '../helpers/restores.js';
import { type S3Server, startS3Server } from '../helpers/s3-server.js';
import { createStack, type Stack } from '../helpers/stack.js';

let s3: S3Server;
let stack: Stack;
let set: string;
let identity: string;
let files: string;

const secret = () => randomBytes(24).toString('base64url');

/** The network that leads out of the stack, as Compose would make it: the store is reached through it. */
async function connectStore(): Promise<void> {
  const name = `${stack.name}-backup`;
  const labels = { 'com.docker.compose.network': 'backup', 'com.docker.compose.project': stack.name };
  await engine.createNetwork({ Name: name, Labels: labels });
  await engine.getNetwork(name).connect({ Container: s3.container });
}

beforeAll(async () => {
  identity = await generateX25519Identity();
  stack = await createStack({}, { quick: true });
  s3 = await startS3Server(`${stack.name}x`);
  stack.set({
    S3_BUCKET: s3.bucket,
    S3_ENDPOINT: `http://${s3.container}:5000`,
    S3_PREFIX: 'some/where',
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    BACKUP_AGE_RECIPIENTS: await identityToRecipient(identity),
  });
  await connectStore();
  await stack.deployed('t1');
  await stack.fetch('/api/notes', { method: 'POST', body: '{"text":"kept"}', headers: { 'content-type': 'application/json' } });
  psql(
    stack,
    'app',
    `CREATE ROLE helper NOLOGIN; GRANT helper TO app; ALTER ROLE app SET lock_timeout = '11s'; CREATE TABLE helped (n int); ALTER TABLE helped OWNER TO helper;
     ALTER DATABASE app SET work_mem = '6MB'; ALTER DATABASE app CONNECTION LIMIT 80;`,
  );
  fillRedis(stack);
  fillFiles(stack);
  files = fingerprintOfFiles();
  ({ set } = await makeSet(stack));
});
afterAll(async () => {
  await s3?.stop();
  await stack?.destroy();
});

const fingerprintOfFiles = () =>
  inFiles(stack, 'cd "$1"; find . -name ".slipway*" -prune -o -printf "%y %m %U:%G %p\\0\\n" | LC_ALL=C sort');

describe('a machine that has only the project and its .env', () => {
  let redisBefore: string;

  beforeAll(async () => {
    redisBefore = redisState(stack, [3, 9]);
    await engine.getNetwork(`${stack.name}-backup`).disconnect({ Container: s3.container });
    await destroyEverything(stack.name);
    stack.set({ DB_PASSWORD: secret(), POSTGRES_PASSWORD: secret(), REDIS_PASSWORD: secret() });
    await connectStore();
  });

  test('is told by --dry-run that the base comes first, and nothing is started', async () => {
    const { exitCode, json } = await restore(stack, 'latest', '--dry-run');
    expect(exitCode).toBe(0);
    expect(json.title).toMatch(/the base of .* does not run: a restore starts it first/);
    expect(await stack.containers()).toEqual([]);
  });

  test('is told what is missing: the identity of an encrypted set (exit code 2), or that it is the wrong one (1)', async () => {
    const without = await restore(stack, 'latest', '--yes');
    expect(without.exitCode, without.stderr).toBe(2);
    expect(without.stderr).toMatch(/is encrypted\n.*BACKUP_AGE_IDENTITY/);
    stack.set({ BACKUP_AGE_IDENTITY: await generateX25519Identity() });
    const wrong = await restore(stack, 'latest', '--yes');
    expect(wrong.exitCode, wrong.stderr).toBe(1);
    expect(wrong.stderr).toMatch(/cannot be decrypted[\s\S]*BACKUP_AGE_IDENTITY/);
  });

  test('gets everything back with one command', async () => {
    stack.set({ BACKUP_AGE_IDENTITY: identity });
    expect(await restored(stack, 'latest')).toMatchObject({ outcome: 'restored', set, safetySet: null });
    expect(sql(stack, 'SELECT text FROM notes')).toBe('kept');
    expect(redisState(stack, [3, 9])).toBe(redisBefore);
    expect(fingerprintOfFiles()).toBe(files);
  });

  test('has the database’s settings and the roles of the set, and the app’s role with the password of the new .env', async () => {
    expect(sql(stack, "SELECT datconnlimit FROM pg_database WHERE datname = 'app'", 'postgres')).toBe('80');
    expect(sql(stack, 'SHOW work_mem')).toBe('6MB');
    expect(sql(stack, "SELECT rolconfig FROM pg_roles WHERE rolname = 'app'")).toBe('{lock_timeout=11s}');
    const query = "SELECT current_user, pg_has_role('helper', 'member'), (SELECT count(*) FROM helped)";
    const asApp = inBase(stack, 'postgres', [
      'env',
      `PGPASSWORD=${stack.values.DB_PASSWORD}`,
      'psql',
      '-h',
      '127.0.0.1',
      '-U',
      'app',
      '-XAtc',
      query,
    ]);
    expect(asApp.trim()).toBe('app|t|0');
  });

  test('takes the next deploy, and the app finds its data', async () => {
    await stack.deployed('t1');
    expect((await stack.fetch('/api/notes')).body).toContain('kept');
    await stack.fetch('/api/notes', { method: 'POST', body: '{"text":"new"}', headers: { 'content-type': 'application/json' } });
    expect(sql(stack, 'SELECT count(*) FROM notes')).toBe('2');
    expect(fingerprintOfFiles()).toBe(files);
    expect(redis(stack, 'PING')).toBe('PONG');
    expect((await makeSet(stack)).set > set).toBe(true);
  });

  test('is told which bucket cannot be read, and that the containers still have the old settings', async () => {
    stack.set({ S3_BUCKET: 'not-there' });
    expect((await stack.start('base', ['upgrade', '--yes']).ended).exitCode).toBe(0);
    const missing = await restore(stack, 'latest', '--yes');
    expect(missing.exitCode, missing.stderr).toBe(1);
    expect(missing.stderr).toMatch(/no store can be read\n.*not-there/);
    expect(missing.stderr).not.toMatch(/base\.mjs upgrade/);
    stack.set({ S3_BUCKET: s3.bucket });
    const stale = await restore(stack, 'latest', '--yes');
    expect(stale.stderr).toMatch(/cron has other settings than .*\.env: npx zx scripts\/base\.mjs upgrade/);
  });
});
