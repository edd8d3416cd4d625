import type { StoredObject } from '../set.js';
import { ChildError, start } from './child.js';
import { Meter, metered } from './digest.js';
import { feed } from './feed.js';
import { METER, meterOf } from './meter.js';
import { assertSame, DamagedError, opened } from './unpack.js';

export interface Unpacking {
  identity: string;
  signal: AbortSignal;
  /** Told the number of stored bytes so far. */
  onBytes?: ((bytes: number) => void) | undefined;
}

/** As when packing: the unpacked bytes stay out of this process. */
const UNPACKED = `set -o pipefail; zstd --quiet --decompress --stdout | ${METER}`;

const SAID_BY_ZSTD = /^(zstd|\/\*stdin\*\\) ?:/;

/**
 * Unpacks stored bytes into a file, and checks length and checksum of both forms.
 *
 * @throws DamagedError when anything differs from what the manifest says
 */
export function unpackIntoFile(file: string, source: AsyncIterable<Uint8Array>, object: StoredObject, unpacking: Unpacking): Promise<void> {
  return unpackInto(`${UNPACKED} > "$1"`, [file], {}, source, object, unpacking);
}

/**
 * Unpacks stored bytes into a program's standard input, and checks length and checksum of both forms. What the program made
 * of a stream that turned out to be damaged must count for nothing.
 *
 * @param env the program's environment
 * @throws DamagedError when anything differs from what the manifest says; ChildError when the program failed
 */
export function unpackIntoProgram(
  command: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv,
  source: AsyncIterable<Uint8Array>,
  object: StoredObject,
  unpacking: Unpacking,
): Promise<void> {
  // What the program does not care to read is read all the same, for the checksum.
  return unpackInto(`${UNPACKED} | { "$@" && cat > /dev/null; }`, command, { env }, source, object, unpacking);
}

async function unpackInto(
  line: string,
  words: readonly string[],
  options: { env?: NodeJS.ProcessEnv },
  source: AsyncIterable<Uint8Array>,
  object: StoredObject,
  { identity, signal, onBytes }: Unpacking,
): Promise<void> {
  const stored = new Meter(onBytes);
  const input = opened(metered(source, stored), object, identity);
  const pipeline = start('bash', ['--norc', '-c', line, 'bash', ...words], { ...options, signal, group: true });
  pipeline.stdout.resume();
  const plain = meterOf(pipeline);
  plain.catch(() => {});
  const fed = await feed(input, pipeline);
  const failure = await pipeline.ended.then(
    () => undefined,
    (error: unknown) => error,
  );
  // Of damaged bytes each program of the line complains in its own way: that they are damaged says more.
  if (fed) assertSame(object.name, 'stored', stored.digest(), object.stored);
  if (failure instanceof ChildError && failure.details.some((said) => SAID_BY_ZSTD.test(said)))
    throw new DamagedError(`${object.name}: it cannot be unpacked`, { details: failure.details, cause: failure });
  if (failure !== undefined) throw failure;
  if (!fed) throw new DamagedError(`${object.name}: more is stored than belongs to it`);
  assertSame(object.name, 'unpacked', await plain, object.plain);
}
