import { onConfigWarning } from '../config/warnings.js';
import type { OnInterrupt } from '../deploy/watch.js';
import { exitCodes, SlipwayError } from '../errors.js';
import { parseArguments, typedArguments } from './arguments.js';
import type { Command } from './command.js';
import { printHelp } from './help.js';
import { InterruptedEarlyError, interruptible, onInterrupt } from './interrupt.js';
import { createOutput, printError, printWarning } from './output.js';

/** The commands, each loaded only when it is the one that was typed. */
const commands = {
  backup: () => import('./commands/backup.js'),
  base: () => import('./commands/base.js'),
  check: () => import('./commands/check.js'),
  config: () => import('./commands/config.js'),
  demo: () => import('./commands/demo.js'),
  deploy: () => import('./commands/deploy.js'),
  dev: () => import('./commands/dev.js'),
  exec: () => import('./commands/exec.js'),
  history: () => import('./commands/history.js'),
  logs: () => import('./commands/logs.js'),
  maintenance: () => import('./commands/maintenance.js'),
  migrate: () => import('./commands/migrate.js'),
  prune: () => import('./commands/prune.js'),
  psql: () => import('./commands/psql.js'),
  restore: () => import('./commands/restore.js'),
  rollback: () => import('./commands/rollback.js'),
  secrets: () => import('./commands/secrets.js'),
  setup: () => import('./commands/setup.js'),
  start: () => import('./commands/start.js'),
  status: () => import('./commands/status.js'),
  stop: () => import('./commands/stop.js'),
} as const satisfies Record<string, () => Promise<{ command: Command }>>;

/**
 * Runs a command as it was typed: parses, works, prints, and sets the exit code. The one place that catches.
 *
 * @param name the command, which is also its script's name
 */
export async function main(name: keyof typeof commands): Promise<void> {
  let json = process.argv.includes('--json');
  let lines = false;
  // Nobody reads any more (`| head`, a lost terminal): the work goes on to its end or is undone, it is not cut off.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  onConfigWarning(printWarning);
  try {
    const { command }: { command: Command } = await commands[name]();
    lines = command.jsonLines === true;
    const given = parseArguments(typedArguments(process.argv, name), name, command);
    if (given.values.help) return printHelp(name, command);
    json = given.values.json === true;
    const output = createOutput(json);
    const opening = command.opening?.(given);
    const run = (heed: OnInterrupt) => {
      if (opening) output.line(opening);
      return command.run(given, output, heed);
    };
    const { result, exitCode = exitCodes.done } = await (command.interruptible ? interruptible(run) : run(onInterrupt));
    if (json && !lines) process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
    process.exitCode = exitCode;
  } catch (error) {
    printError(error);
    if (json) process.stdout.write(`${JSON.stringify({ error: asData(error) }, undefined, lines ? 0 : 2)}\n`);
    process.exitCode = error instanceof SlipwayError ? error.exitCode : exitCodes.failed;
    if (error instanceof InterruptedEarlyError) process.exit();
  }
}

function asData(error: unknown): unknown {
  if (!(error instanceof SlipwayError)) return { message: String(error), exitCode: exitCodes.failed };
  const { message, details, hints, exitCode } = error;
  return { message, details, hints, exitCode };
}
