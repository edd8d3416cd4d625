import type { StopResult } from '../../deploy/power/stop.js';
import type { Command } from '../command.js';
import type { Output } from '../output.js';
import { setupProgress } from '../setup-progress.js';

export const command: Command = {
  summary: 'Stops every service in order; containers and data stay, and an engine that restarts leaves them stopped.',
  usage: ['', '--dry-run', '--remove', '--remove --remove-volumes <stack>'],
  words: 0,
  flags: { 'dry-run': { type: 'boolean' }, remove: { type: 'boolean' }, 'remove-volumes': { type: 'string' } },
  help: {
    'dry-run': 'print the steps and change nothing',
    remove: 'remove the containers and networks as well; the volumes stay',
    'remove-volumes': 'NAME: with --remove, all of its data too; only for the stack’s whole name, --yes or not',
  },
  opening: () => 'stop',
  interruptible: true,
  run: async ({ values }, output, onInterrupt) => {
    const { stopStack } = await import('../../deploy/power/stop.js');
    const result = await stopStack({
      dotenv: values.dotenv as string | undefined,
      dryRun: values['dry-run'] === true,
      remove: values.remove === true,
      removeVolumes: values['remove-volumes'] as string | undefined,
      announce: (volumes) => announce(volumes, output),
      step: setupProgress(output).step,
      onInterrupt,
    });
    say(result, output);
    return { result };
  },
};

/** Before anything is done, so that the screen tells afterwards what there was. */
function announce(volumes: readonly string[], { line, paint }: Output): void {
  line(paint('yellow', `${volumes.length} volumes are removed, and all that is in them:`));
  for (const volume of volumes) line(`  ${volume}${volume.endsWith('_backups') ? '  (the backup sets that are in no other store)' : ''}`);
}

function say({ outcome, stack, steps, stopped, volumes }: StopResult, { line, paint }: Output): void {
  switch (outcome) {
    case 'nothing-to-do':
      line(`nothing of ${stack} runs; nothing was changed`);
      break;
    case 'planned':
      if (steps.length === 0) line(`nothing of ${stack} runs: there is nothing to do`);
      else line('these steps would be done:');
      for (const [index, { title }] of steps.entries()) line(`  ${String(index + 1).padStart(2)}. ${title}`);
      if (volumes.length > 0) line(`these volumes would be lost: ${volumes.join(', ')}`);
      break;
    case 'stopped':
      line(paint('green', `${stack} is stopped (${stopped.length} containers)`));
      line('start it again: npx zx scripts/start.mjs');
      break;
    case 'removed':
      line(paint('green', `${stack} is removed${volumes.length > 0 ? ', with its data' : '; its volumes are kept'}`));
  }
}
