import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { quoteDotenv } from '../../../scripts/lib/config/dotenv-file.js';
import { UsageError } from '../../../scripts/lib/errors.js';
import { goodSecrets } from '../fixtures.js';

export type EnvValues = Readonly<Record<string, string | undefined>>;

/** @returns the text of a .env file; undefined leaves a key out */
export function envText(values: EnvValues): string {
  const set = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return set.map(([key, value]) => `${key}=${quoteDotenv(value)}\n`).join('');
}

/** A .env file and what lies beside it. */
export interface EnvFiles {
  /** The .env file's path. */
  file: string;
  /** Writes `<file>.<suffix>`. @returns its path */
  beside: (suffix: string, text: string | EnvValues) => string;
}

/**
 * Makes a .env file in a folder of its own, which goes with the tests of the file that calls this.
 *
 * @param values beside good secrets
 */
export function envFiles(values: EnvValues = {}): EnvFiles {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-env-'));
  made.push(folder);
  const file = join(folder, '.env');
  writeFileSync(file, envText({ ...goodSecrets, ...values }));
  const beside = (suffix: string, text: string | EnvValues) => {
    const path = `${file}.${suffix}`;
    writeFileSync(path, typeof text === 'string' ? text : envText(text));
    return path;
  };
  return { file, beside };
}

const made: string[] = [];
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** @returns the refusal of some work that has to be refused */
export async function refusalOf(work: Promise<unknown>): Promise<UsageError> {
  const ended = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (ended instanceof UsageError) return ended;
  throw ended ?? new Error('it was accepted');
}
