import type { Command } from '../command.js';
import { sessionOptions, sessionResult } from '../session.js';

export const command: Command = {
  summary: 'Runs a command, or a shell, in a service’s container, and ends with its exit code. It is journaled.',
  usage: ['<service>', '<service> -- <command> <arguments…>', '<service> --colour green --replica 2 -- node --version'],
  words: 1,
  rest: '<service> -- <command>',
  interruptible: true,
  flags: { colour: { type: 'string' }, replica: { type: 'string' } },
  help: {
    colour: 'blue or green, where the service is the app’s (the live one)',
    replica: 'NUMBER: of several containers of the service (the first one that runs)',
  },
  jsonHelp: 'one JSON document: where it ran, what it printed (stdout, stderr) and its exit code',
  run: async ({ values, words, rest }, output, onInterrupt) => {
    const { parseExec } = await import('../../exec/request.js');
    const request = parseExec(words, values as Parameters<typeof parseExec>[1], rest);
    const { execIn } = await import('../../exec/exec.js');
    return sessionResult(await execIn(values.dotenv as string | undefined, request, sessionOptions(output, onInterrupt)));
  },
};
