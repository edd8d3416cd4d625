import { UsageError } from '../../errors.js';
import type { Command } from '../command.js';
import { setupProgress } from '../setup-progress.js';

export const command: Command = {
  summary: 'Runs the sample app for development: source mounted and reloading, ports on 127.0.0.1.',
  usage: ['up', 'down', 'down --volumes'],
  words: 1,
  flags: { volumes: { type: 'boolean' } },
  help: { volumes: 'with down: remove its data as well' },
  opening: ({ words }) => `dev ${words[0] ?? ''}`,
  run: async ({ values, words }, output) => {
    const [action] = words;
    if (action !== 'up' && action !== 'down') {
      throw new UsageError(action === undefined ? 'an action is missing' : `${JSON.stringify(action)}: is no action`, {
        hints: ['type: npm run dev:up   or: npm run dev:down'],
      });
    }
    const { prepareConfig } = await import('../prepare.js');
    const { config, docker } = await prepareConfig(output, values.yes === true, values.dotenv as string | undefined);
    const { devUp, devDown } = await import('../../dev/dev.js');
    const { step } = setupProgress(output);
    if (action === 'down') {
      await step('stop the development stack', (say) => devDown(config, docker, values.volumes === true, say));
      output.line(
        values.volumes
          ? 'the development stack and its data are gone'
          : 'the development stack is down; its data stays (--volumes removes it)',
      );
      return { result: { down: true } };
    }
    const addresses = await step('build and start the development stack', (say) => devUp(config, docker, say));
    for (const [name, address] of Object.entries(addresses)) output.line(`  ${name.padEnd(9)} ${address}`);
    output.line('change a file under infra/sample and it is served at once; npm run dev:down stops it');
    return { result: addresses };
  },
};
