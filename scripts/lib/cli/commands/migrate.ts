import type { MigrateAction, MigrateResult } from '../../deploy/migrations.js';
import { UsageError } from '../../errors.js';
import { askOnTerminal } from '../ask.js';
import type { Command } from '../command.js';

const actions: readonly string[] = ['up', 'status', 'down'];

export const command: Command = {
  summary: 'Runs or shows the app’s migrations by themselves, in a container of the live release’s image.',
  usage: ['up', 'status', 'down', 'up --release v1.2'],
  words: 1,
  flags: { release: { type: 'string' } },
  help: { release: 'VERSION: the migrations of this release, whose image has to be on the engine' },
  run: async ({ values, words }, output) => {
    const [action] = words;
    if (action === undefined || !actions.includes(action)) {
      throw new UsageError(`${action === undefined ? 'an action is missing' : `${JSON.stringify(action)}: is no action`}`, {
        hints: ['type: npx zx scripts/migrate.mjs up, status or down'],
      });
    }
    const { migrations } = await import('../../deploy/migrations.js');
    const ask = askOnTerminal(output);
    const result = await migrations({
      action: action as MigrateAction,
      version: values.release as string | undefined,
      dotenv: values.dotenv as string | undefined,
      confirm: async (question) => values.yes === true || (ask !== undefined && (await ask(question))),
    });
    if (!output.json) for (const one of result) for (const line of linesOf(one)) output.line(line);
    return { result };
  },
};

function linesOf({ service, version, pending, output }: MigrateResult): string[] {
  const lines = output ? output.split('\n').map((line) => `  ${line}`) : [];
  if (pending === undefined) return [`${service} ${version}:`, ...lines];
  const state = pending.length === 0 ? 'nothing is pending' : `pending: ${pending.join(', ')}`;
  return [`${service} ${version}: ${state}`, ...lines];
}
