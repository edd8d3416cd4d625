import { $ } from 'zx';
import { SlipwayError } from '../errors.js';
import { endGroup } from './end-group.js';

/** How a program ended. */
export interface RunResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Text for the program's standard input; without it the program reads an empty one. */
  input?: string;
  signal?: AbortSignal | undefined;
  /**
   * Gives the program a process group of its own, so that Ctrl-C reaches this process alone: for work that is undone when
   * the person interrupts it. Without it the terminal ends both.
   */
  detached?: boolean;
  /**
   * When its signal is aborted, all that the program has started is asked to end, and killed after the grace (milliseconds).
   * It needs the process group of {@link RunOptions.detached}.
   */
  stop?: { signal: AbortSignal; graceMs: number };
  /** Called with each line of both streams as it comes. */
  onLine?: (line: string) => void;
}

/** A program ended with a code other than 0. */
export class CommandError extends SlipwayError {
  readonly result: RunResult;

  constructor(program: string, result: RunResult) {
    const lines = `${result.stdout}\n${result.stderr}`.split('\n').filter((line) => line.trim());
    super(`${program} ended with exit code ${result.exitCode}`, { details: lines.slice(-12) });
    this.result = result;
  }
}

/**
 * zx runs programs through bash, with a socket as standard input. Bash takes that for a remote login when it is the first
 * shell, and would read ~/.bashrc, which may do anything and take any time (measured: a minute, in a tool that waits for a
 * lock). It looks at SHLVL to know (bash(1), "invoked by remote shell daemon").
 */
const NO_STARTUP_FILES = { SHLVL: '2', BASH_ENV: undefined };

/**
 * Runs a program. The arguments are an array, and zx quotes each one.
 *
 * @param command the program and its arguments
 * @returns what it printed
 * @throws CommandError when it ends with another exit code than 0
 */
export async function run(command: readonly [string, ...string[]], options: RunOptions = {}): Promise<RunResult> {
  const result = await tryRun(command, options);
  if (result.exitCode !== 0) throw new CommandError(command.slice(0, 2).join(' '), result);
  return result;
}

/**
 * Like {@link run}, but an exit code other than 0 is a result, no error.
 *
 * @param command the program and its arguments
 * @returns what it printed and its exit code (127 when there is no such program)
 */
export async function tryRun(command: readonly [string, ...string[]], options: RunOptions = {}): Promise<RunResult> {
  const child = $({
    quiet: true,
    nothrow: true,
    detached: options.detached ?? false,
    input: options.input ?? '',
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...(options.env ?? $.env), ...NO_STARTUP_FILES },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })`${command}`;
  if (options.onLine) {
    eachLine(child.stdout, options.onLine);
    eachLine(child.stderr, options.onLine);
  }
  let ending: Promise<void> | undefined;
  const end = () => {
    if (child.pid !== undefined && options.stop) ending = endGroup(child.pid, options.stop.graceMs);
  };
  options.stop?.signal.addEventListener('abort', end, { once: true });
  const output = await child;
  options.stop?.signal.removeEventListener('abort', end);
  // What it had started in the background may outlive it for a while.
  await ending;
  return { stdout: output.stdout, stderr: output.stderr, exitCode: output.exitCode ?? 1 };
}

function eachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = '';
  stream.on('data', (chunk: Buffer | string) => {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim()) onLine(line.trimEnd());
  });
  stream.on('end', () => {
    if (rest.trim()) onLine(rest.trimEnd());
  });
}
