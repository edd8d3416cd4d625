import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../../../scripts/lib/config/root.js';

// The command as it is typed; it needs no engine.
const MARK = 'hunter2-of-the-command';
const folder = mkdtempSync(join(tmpdir(), 'slipway-secrets-'));
const at = (name: string) => join(folder, name);
const environment = (others: NodeJS.ProcessEnv = {}) => ({
  PATH: process.env.PATH,
  HOME: folder,
  XDG_CONFIG_HOME: at('config'),
  ...others,
});
const typed = (...words: string[]) => [join(projectRoot, 'scripts/secrets.mjs'), ...words, '--dotenv', at('.env')];

/** Runs it as a person would who is not at a terminal. */
function secrets(words: readonly string[], { input = '', env = {} }: { input?: string; env?: NodeJS.ProcessEnv } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, typed(...words), {
    input,
    env: environment(env),
    cwd: folder,
    encoding: 'utf8',
  });
  expect(stderr).not.toContain(MARK);
  expect(stderr).not.toMatch(/^\s+at |bug in Slipway/m);
  return { status, stdout, stderr };
}

/** An editor that does this to the file, `$1`, and meanwhile notes every argument of every process. */
function editor(name: string, does: string): NodeJS.ProcessEnv {
  const look = `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' > ${at('argv')}; dirname "$1" > ${at('where')}`;
  writeFileSync(at(name), `#!/bin/sh\n${look}\n${does}\n`);
  chmodSync(at(name), 0o755);
  return { EDITOR: at(name) };
}

let recipient: string;
beforeAll(() => {
  const made = secrets(['keygen']);
  recipient = made.stdout;
  writeFileSync(at('.env.production.recipients'), `# me\n${recipient}`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('secrets.mjs', () => {
  test('keygen writes an identity that only its owner can read, and prints its recipient alone', () => {
    expect(recipient).toMatch(/^age1[a-z0-9]{58}\n$/);
    expect(statSync(at('config/slipway/age-identity.txt')).mode & 0o777).toBe(0o600);
    expect(secrets(['keygen']).status).toBe(2);
  });

  test('what generate prints can be encrypted at once, and comes back the same', () => {
    const made = secrets(['generate']).stdout;
    expect(made.split('\n')).toHaveLength(5);
    expect(secrets(['encrypt', 'production', '-'], { input: made })).toMatchObject({ status: 0 });
    expect(secrets(['decrypt']).stdout).toBe(made);
    expect(Object.keys(JSON.parse(secrets(['decrypt', '--json']).stdout).values)).toHaveLength(4);
  });

  test('generate --write fills in what is missing, and changes nothing that is there', () => {
    writeFileSync(at('.env'), '# mine\nDB_PASSWORD=as it was\nSECRET_KEY=\n');
    expect(secrets(['generate', '--write']).status).toBe(0);
    const [first, second, third, ...rest] = readFileSync(at('.env'), 'utf8').split('\n');
    expect([first, second]).toEqual(['# mine', 'DB_PASSWORD=as it was']);
    expect(third).toMatch(/^SECRET_KEY=[\w-]{64}$/);
    expect(rest.map((line) => line.split('=')[0])).toEqual(['POSTGRES_PASSWORD', 'REDIS_PASSWORD', '']);
  });

  test('encrypt asks before it replaces, and removes the plain file when told to', () => {
    writeFileSync(at('.env.production.secrets'), `KEY=${MARK}\n`);
    expect(secrets(['encrypt', 'production'])).toMatchObject({ status: 2, stderr: expect.stringContaining('is there already') });
    expect(secrets(['encrypt', 'production', '--yes']).stdout).toContain('is still there in clear text');
    expect(secrets(['encrypt', 'production', '--yes', '--remove']).status).toBe(0);
    expect(existsSync(at('.env.production.secrets'))).toBe(false);
    expect(readFileSync(at('.env.production.age'), 'utf8')).not.toContain(MARK);
  });

  test('decrypt writes a file only when it is named, for its owner alone, and over no other', () => {
    expect(secrets(['decrypt', '--output', at('plain')])).toMatchObject({ status: 0, stdout: expect.not.stringContaining(MARK) });
    expect([readFileSync(at('plain'), 'utf8'), statSync(at('plain')).mode & 0o777]).toEqual([`KEY=${MARK}\n`, 0o600]);
    expect(secrets(['decrypt', '--output', at('plain')]).status).toBe(2);
  });

  test('edit: no value stands in an argument of any process, and nothing is left of the plain file', () => {
    const env = editor('append', `grep -q ${MARK.slice(0, 7)} "$1" && echo B=2 >> "$1"`);
    expect(secrets(['edit'], { env }).stdout).toContain('encrypted');
    expect(readFileSync(at('argv'), 'utf8')).toContain('secrets.mjs');
    expect(readFileSync(at('argv'), 'utf8')).not.toContain(MARK);
    expect(existsSync(readFileSync(at('where'), 'utf8').trim())).toBe(false);
    expect(secrets(['decrypt']).stdout).toBe(`KEY=${MARK}\nB=2\n`);
  });

  test.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)(
    'edit that gets %s: the plain file is gone, nothing was changed, exit code 130',
    async (signal) => {
      const before = readFileSync(at('.env.production.age'));
      const env = editor('wait', `echo A=lost >> "$1"; echo opened; exec sleep 30`);
      const child = spawn(process.execPath, typed('edit'), { env: environment(env), cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
      const ended = new Promise((resolve) => child.once('close', (code, by) => resolve(code ?? by)));
      await new Promise<void>((resolve) => child.stdout.on('data', (chunk: Buffer) => String(chunk).includes('opened') && resolve()));
      const where = readFileSync(at('where'), 'utf8').trim();
      expect(readdirSync(where)).toEqual(['production.env']);
      child.kill(signal);
      expect(await ended).toBe(130);
      expect(existsSync(where)).toBe(false);
      expect(readFileSync(at('.env.production.age'))).toEqual(before);
    },
  );

  test('rekey says for how many it is now, and that removing somebody is not enough', () => {
    const { status, stdout } = secrets(['rekey', 'production']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/encrypted for 1 recipient\n.*before, it was for 1 recipient\n.*still knows the values[\s\S]*rotate/);
  });

  test('a file that is a secret is encrypted beside the others, and comes back byte by byte', () => {
    const bytes = Buffer.from([0, 255, 10, 13, 0]);
    writeFileSync(at('key.bin'), bytes);
    expect(secrets(['encrypt', 'production', at('key.bin'), '--output', at('key.bin.age')]).status).toBe(0);
    expect(secrets(['rekey', 'production', at('key.bin.age')]).status).toBe(0);
    expect(secrets(['decrypt', 'production', at('key.bin.age'), '--output', at('key.again')]).status).toBe(0);
    expect(readFileSync(at('key.again'))).toEqual(bytes);
  });

  test.skipIf(spawnSync('openssl', ['version']).status !== 0)(
    'import takes over what openssl has made, and the passphrase is asked for nowhere else',
    () => {
      writeFileSync(at('pass'), `${MARK}\n`);
      const made = ['enc', '-aes-256-cbc', '-salt', '-pbkdf2', '-pass', `file:${at('pass')}`, '-out', at('old.enc')];
      execFileSync('openssl', made, { input: `IMPORTED=${MARK}\n` });
      writeFileSync(at('.env.staging.recipients'), recipient);
      expect(secrets(['import', 'staging', at('old.enc'), '--openssl'])).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('no terminal'),
      });
      const done = secrets(['import', 'staging', at('old.enc'), '--openssl', '--passphrase-file', '-', '--remove'], { input: `${MARK}\n` });
      expect(done).toMatchObject({ status: 0, stdout: expect.stringContaining('-pbkdf2 -iter 10000 -md sha256') });
      expect(existsSync(at('old.enc'))).toBe(false);
      expect(secrets(['decrypt', 'staging']).stdout).toBe(`IMPORTED=${MARK}\n`);
    },
  );

  test.each([
    [[], 'an action is missing'],
    [['rotat'], '"rotat": is no action'],
    [['edit', '--remove'], '--remove: does not belong to edit'],
    [['decrypt', 'production', 'x', 'y'], '"y": is one word too many'],
    [['decrypt', '../x'], '"../x": is no environment'],
    [['generate', '--bytes', '1e3'], '--bytes: should be a whole number from 16 to 1024'],
    [['encrypt', 'production', '-', '--remove'], '--remove: standard input is no file to remove'],
    [['encrypt', 'test', 'nowhere'], 'nowhere: there is no such file'],
    [['import', 'production', 'x'], '--openssl is missing'],
    [['import', 'production', 'x', '--openssl', '--iter', '-1'], '--iter'],
    [['decrypt', '--yess'], '--yess: there is no such flag; did you mean --yes?'],
  ])('%j is refused in one line', (words, says) => {
    const { status, stdout, stderr } = secrets([...words, '--json']);
    expect(status).toBe(2);
    expect(stderr.split('\n').filter((line) => line.includes(says))).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { exitCode: 2 } });
  });
});
