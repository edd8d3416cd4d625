import { readFileSync } from 'node:fs';
import type { Digest } from '../set.js';
import { type Child, ChildError, outputOf, start } from './child.js';
import { Meter, metered } from './digest.js';
import { LEVEL, type Packed, type Packing, sealed } from './pack.js';

/**
 * The program's output goes from pipe to pipe: passing a gigabyte through this process costs more than hashing it
 * (measured: 1.45 times the time of the bare programs, and most of that was copying). What tee's other readers found out
 * comes back on file descriptor 3; `pipefail` makes the shell's exit code tell when any program of the line failed.
 */
const LINE = `set -o pipefail; "$@" | tee >(sha256sum >&3) >(wc -c >&3) | zstd --quiet --stdout ${LEVEL}`;
const POLL_MS = 250;

/**
 * Like {@link pack}, for what a program prints.
 *
 * @param env the program's environment
 */
export function packProgram(command: readonly [string, ...string[]], env: NodeJS.ProcessEnv, packing: Packing): Packed {
  const { recipients, signal, onBytes } = packing;
  const stored = new Meter();
  let plain: Digest | undefined;
  async function* compressed(): AsyncGenerator<Uint8Array> {
    const line = start('bash', ['--norc', '-c', LINE, 'bash', ...command], { env, signal, group: true });
    const found = asideOf(line);
    const watching = setInterval(() => onBytes?.(writtenBy(line)), POLL_MS);
    try {
      yield* outputOf(line);
      plain = digestIn(await found);
    } finally {
      clearInterval(watching);
    }
  }
  const body = metered(sealed(compressed(), recipients), stored);
  return { body, digests: () => ({ plain: plain as Digest, stored: stored.digest() }) };
}

/** Both readers end after the pipeline has; the descriptor closes with the last of them. */
export async function asideOf({ aside }: Child): Promise<string> {
  let text = '';
  for await (const chunk of aside) text += String(chunk);
  return text;
}

/** @returns what `sha256sum` and `wc -c` wrote, in whatever order */
export function digestIn(text: string): Digest {
  const sha256 = /^([0-9a-f]{64}) {2}-$/m.exec(text)?.[1];
  const bytes = /^\s*(\d+)$/m.exec(text)?.[1];
  if (sha256 === undefined || bytes === undefined)
    throw new ChildError('the checksum of the dump could not be made', { details: [text.trim()] });
  return { bytes: Number(bytes), sha256 };
}

/** How much the first program of a line has written; 0 when it has ended already. By Linux' own count (proc_pid_io(5)). */
function writtenBy({ pid }: Child): number {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return Number(/^wchar: (\d+)/m.exec(readFileSync(`/proc/${first}/io`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
