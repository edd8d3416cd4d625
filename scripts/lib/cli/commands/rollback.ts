import { parseVersion } from '../../config/version.js';
import { UsageError } from '../../errors.js';
import { askOnTerminal } from '../ask.js';
import type { Arguments, Command } from '../command.js';
import type { Output } from '../output.js';
import { sayPlanned, sayRollback } from '../rollback-output.js';

export const command: Command = {
  summary: 'Goes back to the release before the live one, or to any that is kept, exactly as it was deployed.',
  usage: ['', '<version>', '<version> --dry-run', '<version> --restore-data SET'],
  words: 1,
  flags: {
    'dry-run': { type: 'boolean' },
    force: { type: 'boolean' },
    'migrate-down': { type: 'boolean' },
    'restore-data': { type: 'string' },
    'skip-safety-set': { type: 'boolean' },
  },
  help: {
    'dry-run': 'print the steps and change nothing; across contracting migrations also what each way costs',
    force: 'go back across contracting migrations, on the data as they are',
    'migrate-down': 'take contracting migrations back first, by the app’s own way down',
    'restore-data': 'SET: go back together with the databases of a backup set, or latest',
    'skip-safety-set': 'with --restore-data: do not back up what is replaced first; it is kept beside in any case',
  },
  opening: ({ words }) => `rollback${words[0] === undefined ? '' : ` to ${parseVersion(words[0])}`}`,
  interruptible: true,
  run: async (given, output, onInterrupt) => {
    const isWithData = wantsData(given);
    const [{ loadConfig }, { Docker }] = await Promise.all([import('../../config/load.js'), import('../../engine/docker.js')]);
    const common = {
      version: given.words[0],
      dryRun: given.values['dry-run'] === true,
      config: await loadConfig(given.values.dotenv as string | undefined),
      docker: new Docker(),
      reporter: await output.reporter(),
      onInterrupt,
    };
    const result = isWithData ? await withData(common, given, output) : await alone(common, given);
    sayRollback(result, output);
    return { result };
  },
};

type Common = Pick<
  Parameters<typeof import('../../deploy/rollback.js')['rollback']>[0],
  'version' | 'dryRun' | 'config' | 'docker' | 'reporter' | 'onInterrupt'
>;

/** @throws UsageError when several ways are named at once */
function wantsData({ values }: Arguments): boolean {
  const ways = (['force', 'migrate-down', 'restore-data'] as const).filter((way) => values[way] !== undefined);
  if (ways.includes('restore-data') && ways.length > 1) {
    throw new UsageError(
      `--restore-data: goes without ${ways
        .filter((way) => way !== 'restore-data')
        .map((way) => `--${way}`)
        .join(', ')}`,
      {
        hints: ['they are different ways: --dry-run explains them'],
      },
    );
  }
  if (values['skip-safety-set'] && !ways.includes('restore-data'))
    throw new UsageError('--skip-safety-set: goes with --restore-data alone');
  return ways.includes('restore-data');
}

async function alone(common: Common, { values }: Arguments) {
  const { rollback } = await import('../../deploy/rollback.js');
  return rollback({ ...common, force: values.force === true, migrateDown: values['migrate-down'] === true });
}

async function withData(common: Common, { values }: Arguments, output: Output) {
  const { rollbackWithData } = await import('../../restore/rollback/rollback.js');
  return rollbackWithData({
    ...common,
    set: String(values['restore-data']),
    skipSafetySet: values['skip-safety-set'] === true,
    confirm: values.yes === true ? async () => true : askOnTerminal(output),
    show: (planned) => sayPlanned(planned, output),
  });
}
