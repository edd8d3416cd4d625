import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../scripts/lib/config/root.js';

/** Imports that happen as soon as a file is loaded, types aside. */
const STATEMENT = /^(?:import|export)\b(?!\s+type\b)[^;'"]*?\bfrom\s+'([^']+)'|^import\s+'([^']+)'/gm;

/** @returns the packages that are loaded with a file and with those that it imports */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(file)) return packages;
  seen.add(file);
  for (const [, from, alone] of readFileSync(file, 'utf8').matchAll(STATEMENT)) {
    const path = from ?? alone ?? '';
    if (path.startsWith('.')) for (const name of packagesOf(join(dirname(file), path).replace(/\.js$/, '.ts'), seen)) packages.add(name);
    else if (!path.startsWith('node:')) packages.add(path);
  }
  return packages;
}

// Every command loads it first: what encryption and providers need is loaded where there is something to read.
test('loading the configuration loads a parser and a checker, and no encryption, no SDK, no engine', () => {
  const start = join(projectRoot, 'scripts/lib/config/load.ts');
  expect([...packagesOf(start)].sort()).toEqual(['dotenv', 'zod']);
});
