import type { Digest } from '../set.js';
import { outputOf, start } from './child.js';
import { Meter, metered } from './digest.js';
import { METER, meterOf } from './meter.js';
import { type Packed, type Packing, sealed } from './pack.js';

/**
 * zstd's level for rows as pg_dump writes them. It is faster than level 3 and makes less of them: 183 MiB instead of
 * 202 MiB of a gigabyte of orders, in 2.1 s instead of 4.7 s; 3 to 8 % less of log lines and accounts as well, a tenth of a
 * megabyte more of pgbench's 145 MiB of fillers (measured, zstd 1.5.7).
 */
const LEVEL = '-1';

/**
 * The program's output goes from pipe to pipe: passing a gigabyte through this process costs more than hashing it
 * (measured: 1.45 times the time of the bare programs, and most of that was copying). `pipefail` makes the shell's exit code
 * tell when any program of the line failed. With one thread zstd is faster here, where other programs need the processors.
 */
const LINE = `set -o pipefail; "$@" | ${METER} | zstd --quiet --stdout --single-thread ${LEVEL}`;

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
    const found = meterOf(line, onBytes);
    found.catch(() => {});
    yield* outputOf(line);
    plain = await found;
  }
  const body = metered(sealed(compressed(), recipients), stored);
  return { body, digests: () => ({ plain: plain as Digest, stored: stored.digest() }) };
}
