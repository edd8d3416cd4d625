import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seal } from '../../../scripts/lib/config/secrets/age/seal.js';
import { type Editing, editEnv } from '../../../scripts/lib/config/secrets/edit/edit.js';
import { editorCommand, runEditor } from '../../../scripts/lib/config/secrets/edit/editor.js';
import { withPrivateFile } from '../../../scripts/lib/config/secrets/edit/private-file.js';
import { readEncryptedEnv } from '../../../scripts/lib/config/secrets/encrypted-env.js';
import { secretPaths } from '../../../scripts/lib/config/secrets/paths.js';
import { temporaryFolder } from './folders.js';

const TEXT = 'DB_PASSWORD=hunter2\n';
const paths = secretPaths(join(temporaryFolder(), '.env'), 'production');
let identity: string;
/** The private files that were opened, which have to be gone afterwards. */
let opened: string[];

beforeEach(async () => {
  identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  writeFileSync(paths.recipients, recipient);
  writeFileSync(paths.encrypted, await seal(TEXT, [recipient]));
  opened = [];
});
afterEach(() => {
  for (const file of opened) expect(existsSync(dirname(file)), file).toBe(false);
});

/** Edits as a person would who does these things, one each time the file is opened. */
function edit(...doings: ((file: string) => unknown)[]) {
  const told: string[][] = [];
  const editing: Editing = {
    paths,
    identities: [identity],
    open: async (file) => {
      opened.push(file);
      await doings.shift()?.(file);
    },
    again: async (problems) => {
      told.push([...problems]);
      return doings.length > 0;
    },
  };
  return { told, result: editEnv(editing) };
}
const typing = (text: string) => (file: string) => writeFileSync(file, text);
const now = () => readEncryptedEnv(paths.encrypted, [identity]);

describe('editing', () => {
  test('shows the text in a file that only this user can read, in a folder of its own, in memory where there is some', async () => {
    const { result } = edit((file) => {
      expect(readFileSync(file, 'utf8')).toBe(TEXT);
      expect(basename(file)).toBe('production.env');
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
      if (existsSync('/dev/shm')) expect(file).toMatch(/^\/dev\/shm\//);
    });
    expect(await result).toEqual({ file: paths.encrypted, changed: false, recipients: 1 });
  });

  test('encrypts what was typed', async () => {
    expect(await edit(typing('A=1\n')).result).toMatchObject({ changed: true });
    expect(await now()).toBe('A=1\n');
  });

  test('a text that is the same leaves the file untouched', async () => {
    const before = readFileSync(paths.encrypted);
    await edit(typing(TEXT)).result;
    expect(readFileSync(paths.encrypted)).toEqual(before);
  });

  test('a text that is no .env file is opened again with what was typed, as long as the person likes', async () => {
    const { result, told } = edit(
      typing('just words\n'),
      (file) => expect(readFileSync(file, 'utf8')).toBe('just words\n'),
      typing('B=2\n'),
    );
    expect(await result).toMatchObject({ changed: true });
    expect(told).toEqual([['production:1: should be KEY=value'], ['production:1: should be KEY=value']]);
    expect(await now()).toBe('B=2\n');
  });

  test('and changes nothing when they have had enough', async () => {
    await expect(edit(typing('just words\n')).result).rejects.toThrow('the text is no .env file; nothing was changed');
    expect(await now()).toBe(TEXT);
  });

  test('an editor that fails changes nothing', async () => {
    const failing = (file: string) => {
      writeFileSync(file, 'A=1\n');
      throw new Error('it failed');
    };
    await expect(edit(failing).result).rejects.toThrow('it failed');
    expect(await now()).toBe(TEXT);
  });

  test('a file that somebody else changed meanwhile stays theirs, and what was typed is kept encrypted', async () => {
    const theirs = await seal('THEIRS=1\n', [await identityToRecipient(identity)]);
    const { result } = edit((file) => {
      writeFileSync(paths.encrypted, theirs);
      writeFileSync(file, 'MINE=1\n');
    });
    await expect(result).rejects.toMatchObject({ message: expect.stringMatching(/was changed by somebody else meanwhile/), exitCode: 1 });
    expect(readFileSync(paths.encrypted, 'utf8')).toBe(theirs);
    expect(await readEncryptedEnv(`${paths.encrypted}.edited`, [identity])).toBe('MINE=1\n');
  });

  test('an environment that has none yet is begun', async () => {
    const staging = secretPaths(join(dirname(paths.encrypted), '.env'), 'staging');
    writeFileSync(staging.recipients, await identityToRecipient(identity));
    const open = async (file: string) => writeFileSync(file, `${readFileSync(file, 'utf8')}A=1\n`);
    await editEnv({ paths: staging, identities: [], open, again: async () => false });
    expect(await readEncryptedEnv(staging.encrypted, [identity])).toMatch(/^# Secrets of staging: .*\nA=1\n$/);
  });

  test('nothing is opened without somebody to encrypt for, or without an identity', async () => {
    await expect(editEnv({ paths, identities: [], open: never, again: never })).rejects.toThrow(/there is no age identity/);
    writeFileSync(paths.recipients, '');
    await expect(editEnv({ paths, identities: [identity], open: never, again: never })).rejects.toThrow(/names nobody/);
  });
});

const never = () => Promise.reject(new Error('it was opened'));

describe('the private file', () => {
  test('of a process that was killed is removed by the next one; those of living ones stay', async () => {
    const parent = await withPrivateFile('x.env', 'A=1\n', async (file) => dirname(dirname(file)));
    const left = join(parent, `slipway-edit-${spawnSync('true').pid}-abcdef`);
    mkdirSync(left);
    writeFileSync(join(left, 'production.env'), 'A=1\n');
    await withPrivateFile('x.env', 'A=1\n', async (living) => {
      expect(existsSync(left)).toBe(false);
      await withPrivateFile('y.env', 'B=1\n', async () => expect(existsSync(living)).toBe(true));
    });
    expect(readdirSync(parent).filter((name) => name.startsWith(`slipway-edit-${process.pid}-`))).toEqual([]);
  });
});

describe('the editor', () => {
  test.each([
    [{ VISUAL: 'code --wait', EDITOR: 'nano' }, ['code', '--wait']],
    [{ VISUAL: '', EDITOR: ' nano ' }, ['nano']],
    [{}, ['vi']],
    [{ EDITOR: '/usr/bin/vim' }, ['/usr/bin/vim', '-n', '-i', 'NONE', '-c', 'set nobackup nowritebackup noundofile']],
  ])('%j is %j', (environment, command) => {
    expect(editorCommand(environment)).toEqual(command);
  });

  const running = new AbortController().signal;

  test('that fails is told', async () => {
    await expect(runEditor(['false'], '/dev/null', 2, running)).rejects.toThrow(
      'the editor false ended with exit code 1; nothing was changed',
    );
    await expect(runEditor(['nonesuch'], '/dev/null', 2, running)).rejects.toThrow('the editor nonesuch: there is no such program');
  });

  test('is ended when the person interrupts, whether it wants to or not', async () => {
    for (const trap of ['', 'trap "" TERM; ']) {
      const stopping = new AbortController();
      const ended = runEditor(['sh', '-c', `${trap}exec sleep 20`], '/dev/null', 2, stopping.signal);
      setTimeout(() => stopping.abort(), 50);
      await expect(ended).rejects.toMatchObject({ message: 'interrupted; nothing was changed', exitCode: 130 });
    }
  });

  test('is not opened any more after that', async () => {
    await expect(runEditor(['nonesuch'], '/dev/null', 2, AbortSignal.abort())).rejects.toThrow('interrupted');
  });
});
