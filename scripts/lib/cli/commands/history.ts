import type { Command } from '../command.js';

/** For what is no terminal: a log, a file. */
const WIDTH = 160;

export const command: Command = {
  summary: 'Shows who deployed what, when, for how long and how it ended, and the DORA figures of a stretch of time.',
  usage: ['', '--last 50 --window 90d', '--json'],
  words: 0,
  flags: { last: { type: 'string' }, window: { type: 'string' } },
  help: {
    last: 'NUMBER: how many operations are shown, the newest first (20)',
    window: 'DURATION: how far back the figures look, such as 12h or 90d (30d)',
  },
  run: async ({ values }, output) => {
    const { parseHistory } = await import('../../history/request.js');
    const request = parseHistory(values as Parameters<typeof parseHistory>[0]);
    const { readHistory } = await import('../../history/history.js');
    const history = await readHistory(values.dotenv as string | undefined, request);
    if (!output.json) {
      const { screen } = await import('../../history/screen.js');
      for (const line of screen(history, process.stdout.columns ?? WIDTH, output.paint)) output.line(line);
    }
    return { result: history };
  },
};
