import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { TestProject } from 'vitest/node';
import { projectRoot } from '../../scripts/lib/config/root.js';
import { destroyEverything, leftovers } from './leftovers.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** What the names of all stacks of this run begin with. */
    runPrefix: string;
  }
}

/** Compiles what the commands run, and makes sure afterwards that the run has left nothing on the engine. */
export default function setup(project: TestProject): () => Promise<void> {
  execFileSync('npm', ['run', '--silent', 'prepare'], { cwd: projectRoot, stdio: 'inherit' });
  const prefix = `it-${randomBytes(2).toString('hex')}`;
  project.provide('runPrefix', prefix);
  return async () => {
    const left = await leftovers(prefix);
    if (left.length === 0) return;
    await destroyEverything(prefix);
    throw new Error(`the tests left this on the engine (it is removed now): ${left.join(', ')}`);
  };
}
