import { execFileSync } from 'node:child_process';
import { expect } from 'vitest';
import type { ListResult, RunResult } from '../../scripts/lib/backup/sidecar/results.js';
import type { Ended } from './process.js';
import type { Stack } from './stack.js';

/** Brings up the base alone: enough to be backed up. */
export async function baseUp(stack: Stack): Promise<void> {
  const ended = await stack.start('base', ['up']).ended;
  expect(ended.exitCode, `${ended.stderr}\n${ended.stdout}`).toBe(0);
}

/** Runs `backup.mjs`. */
export function backup(stack: Stack, ...words: string[]): Promise<Ended> {
  return stack.start('backup', words).ended;
}

/** Runs `backup.mjs` and expects that it works. @returns the JSON document */
export async function backedUp<Result>(stack: Stack, ...words: string[]): Promise<Result> {
  const ended = await backup(stack, ...words);
  expect(ended.exitCode, `${ended.stderr}\n${ended.stdout}`).toBe(0);
  return ended.json as Result;
}

/** @returns the ids of the sets that there are, newest first */
export async function setsOf(stack: Stack): Promise<string[]> {
  return (await backedUp<ListResult>(stack, 'list')).sets.map(({ manifest }) => manifest.set);
}

/** Makes a set. @returns its manifest */
export async function makeSet(stack: Stack, ...words: string[]): Promise<RunResult['set']> {
  return (await backedUp<RunResult>(stack, 'run', ...words)).set;
}

/** Runs something in a container of the base, as any user. @returns what it printed */
export function inBase(stack: Stack, service: string, command: readonly string[], user?: string): string {
  const as = user === undefined ? [] : ['--user', user];
  return execFileSync('docker', ['exec', ...as, `${stack.name}-${service}-1`, ...command], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 ** 2,
  });
}

/** Asks a database of the stack, as the superuser. */
export function sql(stack: Stack, text: string, database = 'app'): string {
  return inBase(stack, 'postgres', [
    'psql',
    '-h',
    '/var/run/postgresql',
    '-U',
    'postgres',
    '-d',
    `dbname='${database}'`,
    '-XqAt',
    '-v',
    'ON_ERROR_STOP=1',
    '-c',
    text,
  ]).trim();
}

/** Asks the stack's Redis. */
export function redis(stack: Stack, ...words: string[]): string {
  return inBase(stack, 'redis', [
    'sh',
    '-c',
    'REDISCLI_AUTH="$(cat /run/secrets/REDIS_PASSWORD)" exec redis-cli "$@"',
    'sh',
    ...words,
  ]).trim();
}
