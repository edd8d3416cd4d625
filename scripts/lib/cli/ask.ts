import { createInterface } from 'node:readline/promises';
import type { Output } from './output.js';

/**
 * @param stop ends a question that is open, which counts as no
 * @returns a function that asks yes or no; undefined where nobody watches
 */
export function askOnTerminal(output: Output, stop?: AbortSignal): ((question: string) => Promise<boolean>) | undefined {
  if (!output.interactive || !process.stdin.isTTY) return undefined;
  return async (question) => {
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    // Ctrl-C, Ctrl-D and a terminal that is gone: readline would leave the question open for ever.
    const closed = new AbortController();
    terminal.once('close', () => closed.abort());
    try {
      const signal = stop ? AbortSignal.any([closed.signal, stop]) : closed.signal;
      return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `, { signal })).trim());
    } catch (error) {
      if ((error as Error).name === 'AbortError') return false;
      throw error;
    } finally {
      terminal.close();
    }
  };
}
