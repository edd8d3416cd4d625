import { runInside } from '../../dev/inside.js';
import { redisCommand } from '../../dev/programs.js';
import { type DevAction, ended, open } from './action.js';

export const action: DevAction = {
  words: 1,
  handsOn: true,
  run: async (given) => {
    const { config, docker } = await open(given);
    const [service = 'redis'] = given.words;
    return ended(await runInside(config, docker, service, redisCommand(given.rest ?? [])), ['redis-cli']);
  },
};
