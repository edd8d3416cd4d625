import { formatDuration } from '../../config/durations.js';
import { parseVersion } from '../../config/version.js';
import type { DeployResult } from '../../deploy/deploy.js';
import type { Command } from '../command.js';
import { onInterrupt } from '../interrupt.js';
import type { Output } from '../output.js';

export const command: Command = {
  summary: 'Deploys a version blue-green: starts it beside the live one, checks it, cuts over without losing a request.',
  usage: ['<version>', '<version> --dry-run'],
  words: 1,
  flags: { force: { type: 'boolean' }, 'dry-run': { type: 'boolean' }, push: { type: 'boolean' }, 'skip-backup': { type: 'boolean' } },
  help: {
    force: 'deploy the live version once more',
    'dry-run': 'print the steps and change nothing',
    push: 'push the images to REGISTRY once they are built',
    'skip-backup': 'run pending migrations without a backup before them',
  },
  opening: ({ words }) => `deploy ${parseVersion(words[0])}`,
  run: async ({ values, words }, output) => {
    const { deploy } = await import('../../deploy/deploy.js');
    const { prepareConfig } = await import('../prepare.js');
    const result = await deploy({
      version: words[0],
      force: values.force === true,
      dryRun: values['dry-run'] === true,
      push: values.push === true,
      skipBackup: values['skip-backup'] === true,
      reporter: await output.reporter(),
      prepare: () => prepareConfig(output, values.yes === true, values.dotenv as string | undefined),
      onInterrupt,
    });
    say(result, output);
    return { result };
  },
};

function say(result: DeployResult, { line, paint }: Output): void {
  switch (result.outcome) {
    case 'already-live':
      line(`${result.version} is live already (${result.colour}); nothing was done. --force deploys it once more.`);
      break;
    case 'planned':
      line('these steps would be done:');
      for (const [index, { title }] of result.steps.entries()) line(`  ${String(index + 1).padStart(2)}. ${title}`);
      break;
    case 'deployed':
      line(paint('green', `${result.version} is live (${result.colour}), after ${formatDuration(result.milliseconds)}`));
  }
}
