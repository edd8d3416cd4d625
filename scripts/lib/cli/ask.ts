import { createInterface } from 'node:readline/promises';
import type { Output } from './output.js';

/** @returns a function that asks yes or no; undefined where nobody watches */
export function askOnTerminal(output: Output): ((question: string) => Promise<boolean>) | undefined {
  if (!output.interactive || !process.stdin.isTTY) return undefined;
  return async (question) => {
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
    } finally {
      terminal.close();
    }
  };
}
