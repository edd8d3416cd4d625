import { expect } from 'vitest';
import type { RestoreResult } from '../../scripts/lib/restore/restore.js';
import { sql } from './backups.js';
import type { Ended, Running } from './process.js';
import type { RunOptions, Stack } from './stack.js';

/** Starts `restore.mjs`. */
export function startRestore(stack: Stack, words: readonly string[], options: RunOptions = {}): Running {
  return stack.start('restore', words, options);
}

/** Runs `restore.mjs`, without --yes. */
export function restore(stack: Stack, ...words: string[]): Promise<Ended> {
  return startRestore(stack, words).ended;
}

/** Restores and expects that it works. @returns the JSON document */
export async function restored<Outcome extends RestoreResult['outcome'] = 'restored'>(
  stack: Stack,
  ...words: string[]
): Promise<Extract<RestoreResult, { outcome: unknown }> & { outcome: Outcome }> {
  const ended = await restore(stack, ...words, '--yes');
  expect(ended.exitCode, `${ended.stderr}\n${ended.stdout}`).toBe(0);
  return ended.json as never;
}

/** @returns the names of all databases but the templates */
export function databases(stack: Stack): string[] {
  return sql(stack, 'SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1', 'postgres').split('\n');
}
