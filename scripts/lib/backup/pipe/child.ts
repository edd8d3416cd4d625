import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { SlipwayError } from '../../errors.js';

/** A program that was started failed: its name, how it ended, the last lines it said. */
export class ChildError extends SlipwayError {}

export interface Child {
  stdin: Writable;
  stdout: Readable;
  /** What it writes to its file descriptor 3. */
  aside: Readable;
  pid: number | undefined;
  /** What it has said on its standard error so far; the last part of it when that is long. */
  said: () => string;
  /** Resolves when it ended well; rejects with a ChildError when it did not. */
  ended: Promise<void>;
  /** Ends it at once. */
  kill: () => void;
}

export interface ChildOptions {
  env?: NodeJS.ProcessEnv | undefined;
  cwd?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Exit codes that are no failure beside 0. */
  accept?: readonly number[];
  /** Gives it a process group of its own, which is ended as a whole: for a shell with a pipeline. */
  group?: boolean;
}

const LAST_CHARACTERS = 4_000;
const LAST_LINES = 8;

/**
 * Starts a program with pipes. Whoever reads its output has to await {@link Child.ended} as well: output that ends tells
 * nothing about how its program ended.
 */
export function start(program: string, args: readonly string[], options: ChildOptions = {}): Child {
  const process = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    detached: options.group === true,
    ...(options.env ? { env: options.env } : {}),
    ...(options.cwd ? { cwd: options.cwd } : {}),
  }) as ChildProcessByStdio<Writable, Readable, Readable>;
  let said = '';
  process.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-LAST_CHARACTERS);
  });
  // A program that ends early closes its input; how it ended is what counts.
  process.stdin.on('error', () => {});
  const kill = () => killed(process, options.group === true);
  const { signal } = options;
  if (signal?.aborted) kill();
  signal?.addEventListener('abort', kill, { once: true });
  const ended = new Promise<void>((resolve, reject) => {
    process.once('error', (error) => reject(new ChildError(`${program} could not be started`, { cause: error })));
    process.once('close', (code, signalName) => {
      signal?.removeEventListener('abort', kill);
      if (code === 0 || (code !== null && options.accept?.includes(code))) return resolve();
      if (signal?.aborted) return reject(signal.reason);
      reject(new ChildError(`${program} ended with ${code === null ? signalName : `exit code ${code}`}`, { details: lastLines(said) }));
    });
  });
  // Whoever awaits it gets its error; until then it must not count as unhandled.
  ended.catch(() => {});
  const [stdout, aside] = [held(process.stdout), held(process.stdio[3] as Readable)];
  return { stdin: process.stdin, stdout, aside, pid: process.pid, said: () => said, ended, kill };
}

/**
 * Keeps what a program prints until somebody reads it. Node itself throws away what nobody has begun to read when a program
 * ends, and a quick program ends before its reader begins (measured: 0 of its bytes).
 */
function held(output: Readable): Readable {
  const kept = new PassThrough();
  output.once('error', (error) => kept.destroy(error));
  return output.pipe(kept);
}

/** One that has ended already is left alone: its number may be another's by now. */
function killed(process: ChildProcess, group: boolean): void {
  if (process.exitCode !== null || process.signalCode !== null || process.pid === undefined) return;
  if (!group) return void process.kill('SIGKILL');
  try {
    globalThis.process.kill(-process.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Everything that a program prints; throws, after the last piece, when it did not end well. */
export async function* outputOf({ stdout, ended, kill }: Child): AsyncGenerator<Buffer> {
  let whole = false;
  try {
    for await (const chunk of stdout) yield chunk as Buffer;
    await ended;
    whole = true;
  } finally {
    if (!whole) kill();
  }
}

function lastLines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.trim())
    .slice(-LAST_LINES);
}
