import { declaredSeeds, runSeeds } from '../../dev/seed.js';
import { type DevAction, open } from './action.js';

export const action: DevAction = {
  words: 0,
  run: async (given, output) => {
    const { config, docker } = await open(given);
    const seeds = await declaredSeeds(config, docker);
    await runSeeds(config, docker, seeds, (line) => output.line(`  ${line}`));
    return { result: { seeds } };
  },
};
