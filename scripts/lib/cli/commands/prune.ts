import type { Command } from '../command.js';
import { onInterrupt } from '../interrupt.js';

export const command: Command = {
  summary: 'Removes what is left over of a stack: images, stopped containers, journal; never what going back needs.',
  usage: ['', '--dry-run', '--older-than 7d --build-cache'],
  words: 0,
  flags: { 'dry-run': { type: 'boolean' }, 'build-cache': { type: 'boolean' }, 'older-than': { type: 'string' } },
  help: {
    'dry-run': 'print what would go, and why, and change nothing',
    'build-cache': 'prune BuildKit’s cache by age as well; it belongs to all projects of the engine',
    'older-than': 'DURATION: how old what goes by its age has to be, such as 12h or 7d (PRUNE_AFTER)',
  },
  opening: () => 'prune',
  run: async ({ values }, output) => {
    const [{ prune }, { setupProgress }, { printPruned }] = await Promise.all([
      import('../../deploy/prune/prune.js'),
      import('../setup-progress.js'),
      import('../prune-output.js'),
    ]);
    const result = await prune({
      dotenv: values.dotenv as string | undefined,
      dryRun: values['dry-run'] === true,
      buildCache: values['build-cache'] === true,
      olderThan: values['older-than'] as string | undefined,
      step: setupProgress(output).step,
      onInterrupt,
    });
    printPruned(result, output);
    return { result };
  },
};
