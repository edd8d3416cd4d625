import { UsageError } from '../../errors.js';
import type { Arguments, Command } from '../command.js';
import type { Output } from '../output.js';

const actions = ['run', 'list', 'show', 'verify', 'drill', 'pin', 'unpin', 'prune'] as const;
type Action = (typeof actions)[number];
/** Which ones are about one set, and whether it has to be named. */
const aboutOne: Partial<Record<Action, 'named' | 'latest'>> = {
  show: 'named',
  verify: 'latest',
  drill: 'latest',
  pin: 'named',
  unpin: 'named',
};

export const command: Command = {
  summary: 'Backs up Postgres, Redis, files and configuration, and proves that the sets restore.',
  usage: [
    '[run]',
    'run --only postgres,redis',
    'list',
    'show SET',
    'verify [SET]',
    'drill [SET]',
    'pin SET',
    'unpin SET',
    'prune --dry-run',
  ],
  words: 2,
  flags: { only: { type: 'string' }, 'dry-run': { type: 'boolean' } },
  help: {
    only: 'KINDS: some of postgres, redis, files, config',
    'dry-run': 'prune: only say what would be removed',
  },
  opening: ({ words }) => `backup ${words[0] ?? 'run'}`,
  run: async (given, output) => {
    const action = actionOf(given);
    const { prepareConfig } = await import('../prepare.js');
    const { config, docker } = await prepareConfig(output, given.values.yes === true, given.values.dotenv as string | undefined);
    const { Cron } = await import('../../cron/cron.js');
    const { assertEngine } = await import('../../deploy/state.js');
    await assertEngine(docker);
    const cron = await Cron.find(docker, config.names);
    const { cronDrifts, refreshCronSecrets } = await import('../../deploy/base/cron-current.js');
    const drifts = cronDrifts(config, docker);
    await refreshCronSecrets(config, docker);
    if (await drifts) output.line('the cron container was started with other settings than .env has now: npx zx scripts/base.mjs upgrade');
    const result = await callCron(cron, wordsFor(action, given), output);
    const { sayResult } = await import('../backup-output.js');
    if (!output.json) sayResult(action, result, output);
    return { result };
  },
};

function actionOf({ values, words }: Arguments): Action {
  const [named = 'run', set] = words;
  const action = actions.find((one) => one === named);
  const type = 'type: npx zx scripts/backup.mjs';
  if (!action) throw new UsageError(`${JSON.stringify(named)}: is no action`, { hints: [`${type} ${actions.join(', ')}`] });
  if (aboutOne[action] === 'named' && set === undefined)
    throw new UsageError('a set is missing', { hints: [`${type} ${action} SET`, `${type} list`] });
  if (aboutOne[action] === undefined && set !== undefined)
    throw new UsageError(`${JSON.stringify(set)}: is one word too many`, { hints: [`${type} --help`] });
  if (values.only !== undefined && action !== 'run')
    throw new UsageError('--only: belongs to run', { hints: [`${type} run --only ${values.only}`] });
  if (values['dry-run'] && action !== 'prune') throw new UsageError('--dry-run: belongs to prune', { hints: [`${type} prune --dry-run`] });
  return action;
}

function wordsFor(action: Action, { values, words }: Arguments): string[] {
  if (aboutOne[action]) return [action, words[1] ?? 'latest'];
  return [action, ...(values.only === undefined ? [] : [`--only=${values.only}`]), ...(values['dry-run'] ? ['--dry-run'] : [])];
}

/** Ctrl-C ends the run inside the container as well, which leaves no half set. */
async function callCron(cron: import('../../cron/cron.js').Cron, words: readonly string[], output: Output): Promise<unknown> {
  const { runProgress } = await import('../run-progress.js');
  const { onInterrupt } = await import('../interrupt.js');
  const stop = new AbortController();
  const stopListening = onInterrupt(() => stop.abort());
  const { onEvent, end } = runProgress(output);
  try {
    return await cron.call(words, { onEvent, signal: stop.signal });
  } finally {
    end();
    stopListening();
  }
}
