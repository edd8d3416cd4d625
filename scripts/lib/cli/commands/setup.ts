import { askOnTerminal } from '../ask.js';
import type { Command } from '../command.js';
import { setupProgress } from '../setup-progress.js';

export const command: Command = {
  summary: 'Makes this machine ready: Docker Engine and Compose, a .env file with strong secrets, the base images.',
  usage: ['', '--yes'],
  words: 0,
  flags: { 'no-env': { type: 'boolean' } },
  help: { 'no-env': 'leave .env alone: the engine and the images only' },
  opening: () => 'setup',
  run: async ({ values }, output) => {
    const { setup } = await import('../../setup/setup.js');
    const result = await setup({
      yes: values.yes === true,
      ask: askOnTerminal(output),
      progress: setupProgress(output),
      dotenv: values.dotenv as string | undefined,
      env: values['no-env'] !== true,
    });
    output.line(result.changed.length === 0 ? 'everything is there; nothing was changed' : `done: ${result.changed.join('; ')}`);
    return { result };
  },
};
