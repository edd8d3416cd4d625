import { UsageError } from '../../errors.js';
import type { Arguments, Command } from '../command.js';

const actions = ['show', 'check', 'diff'] as const;
type Action = (typeof actions)[number];

/** As many keys as somebody likes to name. */
const MANY = 1_000;

export const command: Command = {
  summary: 'Shows each setting and the layer it comes from, lists every problem, compares two environments; secrets stay hidden.',
  usage: ['show', 'show HTTP_PORT STACK', 'check', 'diff staging production'],
  words: MANY,
  flags: {},
  help: {},
  opening: ({ words }) => `config ${words[0] ?? ''}`,
  run: async (given, output) => {
    const action = actionOf(given);
    const rest = given.words.slice(1);
    const say = output.json ? () => {} : output.line;
    const [{ placesOf }, { sayCheck, sayDiff, sayShown }] = await Promise.all([
      import('../../config/load.js'),
      import('../config-output.js'),
    ]);
    const places = placesOf(given.values.dotenv as string | undefined);
    if (action === 'show') {
      const { showConfig } = await import('../../config/report/show.js');
      const shown = await showConfig(places, rest);
      sayShown(shown, say);
      return { result: shown };
    }
    if (action === 'check') {
      const { checkConfig } = await import('../../config/report/check.js');
      const { checked, exitCode } = await checkConfig(places);
      sayCheck(checked, say, output.paint);
      return { result: checked, exitCode };
    }
    const { diffConfigs } = await import('../../config/report/diff.js');
    const diff = await diffConfigs(places, rest);
    sayDiff(diff, say);
    return { result: diff };
  },
};

function actionOf({ words }: Arguments): Action {
  const [named, extra] = words;
  const hints = ['type: npx zx scripts/config.mjs show, check or diff staging production'];
  const action = actions.find((one) => one === named);
  if (!action) throw new UsageError(named === undefined ? 'an action is missing' : `${JSON.stringify(named)}: is no action`, { hints });
  if (action === 'check' && extra !== undefined) throw new UsageError(`${JSON.stringify(extra)}: is one word too many`, { hints });
  return action;
}
