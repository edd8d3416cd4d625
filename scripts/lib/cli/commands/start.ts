import type { StartResult } from '../../deploy/power/start.js';
import type { Command } from '../command.js';
import type { Output } from '../output.js';
import { setupProgress } from '../setup-progress.js';

export const command: Command = {
  summary: 'Starts a stack that was stopped: the base, and the release that was live, as their containers are.',
  usage: ['', '--dry-run'],
  words: 0,
  flags: { 'dry-run': { type: 'boolean' } },
  help: { 'dry-run': 'print the steps and change nothing' },
  opening: () => 'start',
  interruptible: true,
  run: async ({ values }, output, onInterrupt) => {
    const { startStack } = await import('../../deploy/power/start.js');
    const dotenv = values.dotenv as string | undefined;
    const result = await startStack({
      dotenv,
      dryRun: values['dry-run'] === true,
      prepare: async () => (await import('../prepare.js')).prepareConfig(output, values.yes === true, dotenv),
      step: setupProgress(output).step,
      onInterrupt,
    });
    say(result, output);
    return { result };
  },
};

function say({ outcome, version, colour, steps }: StartResult, { line, paint }: Output): void {
  switch (outcome) {
    case 'nothing-to-do':
      line(`${version} is live (${colour}) and all of it runs; nothing was changed`);
      break;
    case 'planned':
      if (steps.length === 0) line(`${version} is live (${colour}) and all of it runs: there is nothing to do`);
      else line('these steps would be done:');
      for (const [index, { title }] of steps.entries()) line(`  ${String(index + 1).padStart(2)}. ${title}`);
      break;
    case 'started':
      line(paint('green', `${version} is live (${colour})`));
  }
}
