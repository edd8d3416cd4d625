import { exitCodes } from '../../errors.js';
import type { LogLine } from '../../logs/source.js';
import type { Arguments, Command } from '../command.js';
import type { Output } from '../output.js';
import { Sink } from '../sink.js';

export const command: Command = {
  summary: 'Shows the logs of all services, of the base and of both colours, as one, by time.',
  usage: [
    '',
    'backend worker --since 10m --level warn',
    '--request 5f0c6f0d8f6b4e5f9a7c3b1d2e4f6a80',
    '--follow --tail 20',
    '--since 1h --json',
  ],
  words: Number.MAX_SAFE_INTEGER,
  flags: {
    follow: { type: 'boolean', short: 'f' },
    since: { type: 'string' },
    until: { type: 'string' },
    tail: { type: 'string', short: 'n' },
    level: { type: 'string' },
    'known-level': { type: 'boolean' },
    request: { type: 'string' },
    timestamps: { type: 'boolean', short: 't' },
  },
  help: {
    follow: 'go on with what is written, also by containers that start later, until Ctrl-C (exit code 130)',
    since: 'DURATION or TIME: from then on, such as 10m, 1h30m or 2026-05-01T12:00:00Z',
    until: 'DURATION or TIME: up to then',
    tail: 'NUMBER: the newest lines of each container, before they are filtered (all)',
    level: 'trace, debug, info, warn, error or fatal: these lines and graver ones, and those that tell no level',
    'known-level': 'with --level: without those that tell no level',
    request: 'ID: lines about one request, by the id that the edge answers with (X-Request-ID) and hands on',
    timestamps: 'the time before each line',
  },
  jsonHelp: 'one JSON object a line: time, service, colour, replica, stream, level, request, line',
  jsonLines: true,
  run: async (given, output, onInterrupt) => {
    const { parseLogs } = await import('../../logs/request.js');
    const request = parseLogs(given.words, given.values as Parameters<typeof parseLogs>[1]);
    const { openLogs } = await import('../../logs/logs.js');
    const sink = new Sink(process.stdout);
    const interrupted = new AbortController();
    const signal = AbortSignal.any([interrupted.signal, sink.ended]);
    const stopListening = onInterrupt(() => interrupted.abort());
    try {
      const warn = (text: string) => void process.stderr.write(`${output.paint('yellow', `! ${text}`)}\n`);
      const { sources, lines } = await openLogs(given.values.dotenv as string | undefined, request, { signal, warn });
      const textOf = await renderer(given, output, sources);
      for await (const batch of lines) await sink.write(textOf(batch));
      sink.assertWhole();
    } finally {
      stopListening();
    }
    // As `docker compose logs` does (tried with 2.26).
    return { result: undefined, exitCode: interrupted.signal.aborted ? exitCodes.interrupted : exitCodes.done };
  },
};

async function renderer(
  { values }: Arguments,
  { json, paint }: Output,
  sources: readonly LogLine['source'][],
): Promise<(lines: readonly LogLine[]) => string> {
  const { jsonLines, screen } = await import('../../logs/screen.js');
  if (json) return jsonLines;
  return screen(sources, { terminal: process.stdout.isTTY === true, timestamps: values.timestamps === true, paint });
}
