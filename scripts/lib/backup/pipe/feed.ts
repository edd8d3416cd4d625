import type { Child } from './child.js';

/**
 * Writes a stream into a program's input, no faster than it reads. A program that stops reading ends the feeding without
 * an error: how it ended tells why, so await that next.
 *
 * @returns whether the program was given all of it
 * @throws whatever the stream throws; the program is killed then, since half of its input must not look like all
 */
export async function feed(source: AsyncIterable<Uint8Array>, { stdin, kill }: Child): Promise<boolean> {
  try {
    for await (const chunk of source) {
      if (stdin.destroyed) return false;
      if (!stdin.write(chunk)) await writable(stdin);
    }
    stdin.end();
    return true;
  } catch (error) {
    kill();
    throw error;
  }
}

/** Resolves when more can be written to a program, or when it reads no more. */
export function writable(stdin: Child['stdin']): Promise<void> {
  if (stdin.destroyed || !stdin.writableNeedDrain) return Promise.resolve();
  return new Promise((resolve) => {
    const settle = () => {
      stdin.off('drain', settle).off('close', settle);
      resolve();
    };
    stdin.once('drain', settle).once('close', settle);
  });
}
