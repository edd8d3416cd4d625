import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** @returns a folder that is gone when the tests of the file are over */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-test-'));
  chmodSync(folder, 0o755);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** @returns a pipe that nobody ever writes to */
export function pipeIn(folder: string, name: string): string {
  const path = join(folder, name);
  execFileSync('mkfifo', [path]);
  return path;
}

const NOBODY = 65_534;

/** Does some work as a user who owns nothing: root may read every file, whatever its mode. */
export async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  const own = process.geteuid?.();
  if (own !== 0) return work();
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(own);
  }
}
