import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { psqlCommand, redisCommand, shellCommand } from '../../../scripts/lib/dev/programs.js';

/** In place of the clients: programs that print what they were given. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'programs-'));
  const script = (name: string, variables: string[]) => {
    writeFileSync(
      join(folder, name),
      `#!/bin/sh\nfor v in ${variables.join(' ')}; do eval "echo $v=\\"\\\${$v-unset}\\""; done\necho "args=$*"\n`,
    );
    chmodSync(join(folder, name), 0o755);
  };
  script('psql', ['PGUSER', 'PGDATABASE', 'PGPASSWORD']);
  script('redis-cli', ['REDISCLI_AUTH']);
  writeFileSync(join(folder, 'secret'), 'from a file\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

function printed([program = '', ...args]: string[], env: Record<string, string> = {}): string[] {
  const text = execFileSync(program, args, { env: { PATH: `${folder}:${process.env.PATH}`, ...env }, encoding: 'utf8' });
  return text.trimEnd().split('\n');
}

describe('psql', () => {
  test('goes in by the variables of the official image', () => {
    const env = { POSTGRES_USER: 'app', POSTGRES_PASSWORD: 'a b$c', POSTGRES_DB: 'shop' };
    expect(printed(psqlCommand(['-c', 'SELECT 1']), env)).toEqual([
      'PGUSER=app',
      'PGDATABASE=shop',
      'PGPASSWORD=a b$c',
      'args=-c SELECT 1',
    ]);
  });

  test('prefers its own variables, and takes the superuser and a database of that name where nothing is said', () => {
    expect(printed(psqlCommand([]), { POSTGRES_USER: 'app', PGUSER: 'me' })).toEqual([
      'PGUSER=me',
      'PGDATABASE=me',
      'PGPASSWORD=',
      'args=',
    ]);
    expect(printed(psqlCommand([]))).toEqual(['PGUSER=postgres', 'PGDATABASE=postgres', 'PGPASSWORD=', 'args=']);
  });

  test('reads the password from a file when it lies in one', () => {
    expect(printed(psqlCommand([]), { POSTGRES_PASSWORD_FILE: join(folder, 'secret') })).toContain('PGPASSWORD=from a file');
  });
});

describe('redis-cli', () => {
  test.each([
    [{ REDIS_PASSWORD: 'x y' }, 'REDISCLI_AUTH=x y'],
    [{ REDIS_PASSWORD: 'x', REDISCLI_AUTH: 'own' }, 'REDISCLI_AUTH=own'],
    [{}, 'REDISCLI_AUTH=unset'],
  ])('with %j has %s', (env, expected) => {
    expect(printed(redisCommand(['ping']), env as Record<string, string>)).toEqual([expected, 'args=ping']);
  });
});

test('a shell runs a command in its place as it was typed', () => {
  expect(shellCommand(['echo', '$HOME; x'])).toEqual(['echo', '$HOME; x']);
  expect(shellCommand([])[0]).toBe('sh');
});
