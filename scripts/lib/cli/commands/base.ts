import { UsageError } from '../../errors.js';
import { askOnTerminal } from '../ask.js';
import type { Command } from '../command.js';
import { prepareConfig } from '../prepare.js';
import { setupProgress } from '../setup-progress.js';

export const command: Command = {
  summary: 'Starts the base (edge, Postgres, Redis, cron), or brings it to what the files and .env say. A deploy never recreates it.',
  usage: ['up', 'upgrade'],
  words: 1,
  flags: {},
  help: {},
  opening: ({ words }) => `base ${words[0] ?? ''}`,
  run: async ({ values, words }, output) => {
    const [action] = words;
    if (action !== 'up' && action !== 'upgrade') {
      throw new UsageError(action === undefined ? 'an action is missing' : `${JSON.stringify(action)}: is no action`, {
        hints: ['type: npx zx scripts/base.mjs up, or upgrade'],
      });
    }
    const dotenv = values.dotenv as string | undefined;
    const { config, docker } = await prepareConfig(output, values.yes === true, dotenv);
    if (action === 'up') {
      const { bringBaseUp } = await import('../../deploy/base/start-base.js');
      const started = await setupProgress(output).step('have the base up', (say) => bringBaseUp(config, docker, say));
      output.line(started.length === 0 ? 'all of it runs; nothing was changed' : `started: ${started.join(', ')}`);
      return { result: { started } };
    }
    const { upgradeBase } = await import('../../deploy/base/upgrade.js');
    const ask = askOnTerminal(output);
    const confirm = async (question: string) => values.yes === true || (ask !== undefined && (await ask(question)));
    const recreated = await setupProgress(output).step('compare the base with the files', (say) => upgradeBase({ dotenv, confirm, say }));
    output.line(recreated.length === 0 ? 'the base is what the files say; nothing was changed' : `recreated: ${recreated.join(', ')}`);
    return { result: { recreated } };
  },
};
