/**
 * The program of the cron container and of the container `files`. `scripts/backup.mjs` and the others call it by
 * `docker exec`, so that a set is made by one piece of code, whoever asks for it.
 *
 * On standard output it prints a line of JSON for each event, and a last one with the result or the error.
 */
import { exitCodes, messageOf, SlipwayError } from '../../errors.js';
import type { RunEvent } from '../run/event.js';
import { commands, isCommand } from './commands.js';
import type { SidecarLine } from './protocol.js';

const print = (line: SidecarLine) => void process.stdout.write(`${JSON.stringify(line)}\n`);

/** Whoever called by `docker exec` holds the other end of standard input: when it goes away, the command ends. */
function endWithCaller(stop: AbortController): void {
  process.stdin.resume();
  process.stdin.once('end', () => stop.abort(new SlipwayError('interrupted', { exitCode: exitCodes.interrupted })));
}

async function main([name = '', ...rest]: readonly string[]): Promise<number> {
  // Whoever read it was killed: what has to be taken back is taken back all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const stop = new AbortController();
  const interrupted = () => stop.abort(new SlipwayError('interrupted', { exitCode: exitCodes.interrupted }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted);
  const attached = rest.includes('--attached');
  if (attached) endWithCaller(stop);
  try {
    if (!isCommand(name)) throw new SlipwayError(`there is no command ${JSON.stringify(name)}`, { exitCode: exitCodes.usage });
    const result = await commands[name]({
      words: rest.filter((word) => word !== '--attached'),
      signal: stop.signal,
      tell: (event: RunEvent) => print(event),
      say: print,
    });
    print({ event: 'result', result });
    return exitCodes.done;
  } catch (error) {
    const thrown = stop.signal.aborted && stop.signal.reason instanceof SlipwayError ? stop.signal.reason : error;
    if (!(thrown instanceof SlipwayError)) process.stderr.write(`${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
    const { details, hints, exitCode } = thrown instanceof SlipwayError ? thrown : { details: [], hints: [], exitCode: exitCodes.failed };
    print({ event: 'error', error: { message: messageOf(thrown), details: [...details], hints: [...hints], exitCode } });
    return exitCode;
  }
}

process.exit(await main(process.argv.slice(2)));
