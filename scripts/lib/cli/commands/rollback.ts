import { formatDuration } from '../../config/durations.js';
import { parseVersion } from '../../config/version.js';
import type { RollbackResult } from '../../deploy/rollback.js';
import type { Command } from '../command.js';
import { onInterrupt } from '../interrupt.js';
import type { Output } from '../output.js';

export const command: Command = {
  summary: 'Goes back to the release before the live one, or to any that is kept, exactly as it was deployed.',
  usage: ['', '<version>', '<version> --dry-run'],
  words: 1,
  flags: { 'dry-run': { type: 'boolean' }, force: { type: 'boolean' }, 'migrate-down': { type: 'boolean' } },
  help: {
    'dry-run': 'print the steps and change nothing',
    force: 'go back across contracting migrations',
    'migrate-down': 'take contracting migrations back first, by the app’s own way down',
  },
  opening: ({ words }) => `rollback${words[0] === undefined ? '' : ` to ${parseVersion(words[0])}`}`,
  run: async ({ values, words }, output) => {
    const [{ rollback }, { loadConfig }, { Docker }] = await Promise.all([
      import('../../deploy/rollback.js'),
      import('../../config/load.js'),
      import('../../engine/docker.js'),
    ]);
    const result = await rollback({
      version: words[0],
      config: loadConfig(values.dotenv as string | undefined),
      docker: new Docker(),
      dryRun: values['dry-run'] === true,
      force: values.force === true,
      migrateDown: values['migrate-down'] === true,
      reporter: await output.reporter(),
      onInterrupt,
    });
    say(result, output);
    return { result };
  },
};

function say(result: RollbackResult, { line, paint }: Output): void {
  if (result.outcome === 'rolled-back') {
    line(paint('green', `${result.version} is live again (${result.colour}), after ${formatDuration(result.milliseconds)}`));
    return;
  }
  if (result.outcome === 'undone') {
    line(paint('green', `${result.undone}, which was cut off, is undone: ${result.version} serves`));
    return;
  }
  line(`from ${result.from} back to ${result.version}, these steps would be done:`);
  for (const [index, { title }] of result.steps.entries()) line(`  ${String(index + 1).padStart(2)}. ${title}`);
  if (result.contracts.length === 0) return;
  line(`${result.version} cannot live with what was migrated since: ${result.contracts.join(', ')}. So one of these has to be added:`);
  line('  --migrate-down  takes them back first; data that they made room for is lost');
  line('  --force         goes back all the same, such as after restoring the data of then with scripts/restore.mjs');
}
