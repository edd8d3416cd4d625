import { UsageError } from '../../errors.js';
import { askOnTerminal } from '../ask.js';
import type { Command } from '../command.js';
import { prepareConfig } from '../prepare.js';
import { setupProgress } from '../setup-progress.js';

export const command: Command = {
  summary: 'Brings the base (edge, Postgres, Redis) to what the files and .env say. A deploy never recreates it; this does.',
  usage: ['upgrade'],
  words: 1,
  flags: {},
  help: {},
  opening: ({ words }) => `base ${words[0] ?? ''}`,
  run: async ({ values, words }, output) => {
    if (words[0] !== 'upgrade') throw new UsageError('an action is missing', { hints: ['type: npx zx scripts/base.mjs upgrade'] });
    const dotenv = values.dotenv as string | undefined;
    await prepareConfig(output, values.yes === true, dotenv);
    const { upgradeBase } = await import('../../deploy/base-upgrade.js');
    const ask = askOnTerminal(output);
    const confirm = async (question: string) => values.yes === true || (ask !== undefined && (await ask(question)));
    const recreated = await setupProgress(output).step('compare the base with the files', (say) => upgradeBase({ dotenv, confirm, say }));
    output.line(recreated.length === 0 ? 'the base is what the files say; nothing was changed' : `recreated: ${recreated.join(', ')}`);
    return { result: { recreated } };
  },
};
