/** Exit codes of every command; they are part of the contract that other people's scripts rely on. */
export const exitCodes = {
  done: 0,
  /** The operation failed and the old state stands, or a check found something. */
  failed: 1,
  /** Usage or configuration. */
  usage: 2,
  /** Another operation holds the lock. */
  locked: 3,
  /** Failed, and a person must look. */
  attention: 4,
  /** Interrupted and undone. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export interface SlipwayErrorOptions {
  /** What to type or look at next, one line each. */
  hints?: readonly string[];
  /** More about what happened: the last log lines of a container, every problem of a file. */
  details?: readonly string[];
  exitCode?: ExitCode;
  cause?: unknown;
}

/**
 * An expected failure: says what failed, where, and what to type next. It is printed without a stack;
 * anything else that is thrown is a bug and is printed with one.
 */
export class SlipwayError extends Error {
  readonly hints: readonly string[];
  readonly details: readonly string[];
  readonly exitCode: ExitCode;

  constructor(message: string, options: SlipwayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.hints = options.hints ?? [];
    this.details = options.details ?? [];
    this.exitCode = options.exitCode ?? exitCodes.failed;
  }
}

/** Wrong usage or configuration: every problem in a line of its own, exit code 2. */
export class UsageError extends SlipwayError {
  constructor(message: string, options: Omit<SlipwayErrorOptions, 'exitCode'> = {}) {
    super(message, { ...options, exitCode: exitCodes.usage });
  }
}

/**
 * @param error anything that was thrown
 * @returns its message, one line
 */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim();
}
