import type { Command } from '../command.js';

export const command: Command = {
  summary: 'Shows what is live, what the other colour holds, every service’s health, the last operations and the disk.',
  usage: ['', '--json'],
  words: 0,
  flags: {},
  help: {},
  run: async ({ values }, output) => {
    const { readStatus } = await import('../../status/status.js');
    const status = await readStatus(values.dotenv as string | undefined);
    if (!output.json) {
      const { screen } = await import('../../status/screen.js');
      for (const line of screen(status, Date.now(), output.paint)) output.line(line);
    }
    return { result: status };
  },
};
