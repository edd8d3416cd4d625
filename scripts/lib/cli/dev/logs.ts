import { showLogs } from '../../dev/logs.js';
import { UsageError } from '../../errors.js';
import { type DevAction, ended, open } from './action.js';

const LINES = '100';

export const action: DevAction = {
  words: 20,
  run: async (given) => {
    const { follow, tail = LINES, since } = given.values as { follow?: boolean; tail?: string; since?: string };
    if (!/^(all|\d{1,7})$/.test(tail)) throw new UsageError(`--tail: should be a number of lines or all, got ${JSON.stringify(tail)}`);
    const { config, docker } = await open(given);
    const code = await showLogs(config, docker, { services: given.words, follow: follow === true, tail, since });
    // Ctrl-C is how following ends.
    return ended(code === 130 ? 0 : code, ['logs']);
  },
};
