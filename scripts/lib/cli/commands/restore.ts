import type { RestoreFlags } from '../../restore/request.js';
import { askOnTerminal } from '../ask.js';
import type { Arguments, Command } from '../command.js';
import { onInterrupt } from '../interrupt.js';

export const command: Command = {
  summary: 'Brings a backup set back: everything is restored and compared beside what is live, and only then takes its place.',
  usage: [
    'latest',
    'SET --only postgres,redis,files',
    'SET --database app',
    'SET --database app --to-database app_yesterday',
    'SET --table public.notes',
    '--from-file app.dump',
    'SET --from-stack OTHER',
    'SET --dry-run',
    '--undo',
    '--forget',
  ],
  words: 1,
  flags: {
    only: { type: 'string' },
    database: { type: 'string', multiple: true },
    table: { type: 'string', multiple: true },
    'to-database': { type: 'string' },
    'from-file': { type: 'string' },
    'from-stack': { type: 'string' },
    'dry-run': { type: 'boolean' },
    undo: { type: 'boolean' },
    forget: { type: 'boolean' },
    'skip-safety-set': { type: 'boolean' },
  },
  help: {
    only: 'KINDS: some of postgres, redis, files',
    database: 'NAME: only this database, and no Redis and files; may be given again',
    table: 'SCHEMA.TABLE: only this table, into a database of its own beside the live one; repeatable',
    'to-database': 'NAME: into this new database, beside the live one',
    'from-file': 'FILE: a dump that pg_dump --format=custom made, instead of a set',
    'from-stack': 'STACK: a set of another stack',
    'dry-run': 'print the steps and change nothing',
    undo: 'bring back what the last restore replaced',
    forget: 'drop what restores have kept',
    'skip-safety-set': 'do not back up what is replaced first',
  },
  run: async (given, output) => {
    const { values } = given;
    const { restore } = await import('../../restore/restore.js');
    const { prepareConfig } = await import('../prepare.js');
    const { setupProgress } = await import('../setup-progress.js');
    const { sayPlan, sayResult } = await import('../restore-output.js');
    const result = await restore({
      flags: flagsOf(given),
      dryRun: values['dry-run'] === true,
      confirm: values.yes === true ? async () => true : askOnTerminal(output),
      show: (plan) => sayPlan(plan, output),
      reporter: output.reporter,
      prepare: () => prepareConfig(output, values.yes === true, values.dotenv as string | undefined),
      step: setupProgress(output).step,
      onInterrupt,
    });
    sayResult(result, output);
    return { result };
  },
};

function flagsOf({ values, words }: Arguments): RestoreFlags {
  const text = (flag: string) => values[flag] as string | undefined;
  return {
    set: words[0],
    only: text('only'),
    database: (values.database ?? []) as string[],
    table: (values.table ?? []) as string[],
    toDatabase: text('to-database'),
    fromFile: text('from-file'),
    fromStack: text('from-stack'),
    undo: values.undo === true,
    forget: values.forget === true,
    skipSafetySet: values['skip-safety-set'] === true,
  };
}
