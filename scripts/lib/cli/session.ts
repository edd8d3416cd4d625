import type { RanIn, RunInOptions } from '../exec/run-in.js';
import type { Command } from './command.js';
import type { Output } from './output.js';

/** @returns how a program is run for whoever sits here; what it prints is on stdout alone, and what is said beside it on stderr */
export function sessionOptions({ json, paint }: Output, onInterrupt: RunInOptions['onInterrupt']): RunInOptions {
  // With stdout in a file, a terminal would put a carriage return before each line break in it.
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  return {
    terminal,
    capture: json,
    onInterrupt,
    warn: (text) => say(paint('yellow', `! ${text}`)),
    onBegin: (container) => terminal && !json && say(paint('dim', `in ${container}; this session is journaled`)),
  };
}

/** @returns what a command returns that ran a program: how that ended is how the command ends */
export function sessionResult(ran: RanIn): Awaited<ReturnType<Command['run']>> {
  return { result: ran, exitCode: ran.exitCode };
}
