import type { Reporter } from '../deploy/reporter.js';
import { SlipwayError } from '../errors.js';
import { painter, usesColour } from './style.js';

/** Columns of the narrowest terminal that gets a live list. */
const NARROWEST = 40;

/** Where a command's words go. With --json, stdout is kept for the one document. */
export interface Output {
  json: boolean;
  /** Whether somebody watches on a terminal. */
  interactive: boolean;
  paint: ReturnType<typeof painter>;
  /** A line for the person. */
  line: (text: string) => void;
  /** Shows the steps of an operation as they go. */
  reporter: () => Promise<Reporter>;
}

/**
 * @param json whether --json was given
 * @returns the command's output: on a terminal a live list of steps, otherwise plain lines
 */
export function createOutput(json: boolean): Output {
  const stream = json ? process.stderr : process.stdout;
  // A terminal that tells no width (some CI, docker exec -t) would get a list of one letter a line.
  const interactive = Boolean(stream.isTTY) && stream.columns >= NARROWEST && !process.env.CI && process.env.TERM !== 'dumb';
  const paint = painter(usesColour(stream));
  const line = (text: string) => void stream.write(`${text}\n`);
  return {
    json,
    interactive,
    paint,
    line,
    reporter: async () => {
      if (!interactive) return (await import('./plain-reporter.js')).plainReporter(line, paint);
      return (await import('./live-reporter.js')).liveReporter(line, paint);
    },
  };
}

/** Prints something odd that stops nothing; on stderr, so that it is no part of what a command prints. */
export function printWarning(text: string): void {
  process.stderr.write(`${painter(usesColour(process.stderr))('yellow', '!')} ${text}\n`);
}

/** Prints an error: what failed, the details, what to type next. Anything but a SlipwayError is a bug and has its stack. */
export function printError(error: unknown): void {
  const paint = painter(usesColour(process.stderr));
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  if (!(error instanceof SlipwayError)) {
    say(paint('red', '✗ this is a bug in Slipway; please report it with these lines:'));
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return;
  }
  say(paint('red', `✗ ${error.message}`));
  for (const detail of error.details) say(`    ${detail}`);
  for (const hint of error.hints) say(paint('cyan', `  → ${hint}`));
}
