import { devVolumes, dropDev } from '../../dev/data.js';
import { refuseRemoteEngine } from '../../dev/local.js';
import { declaredSeeds, runSeeds } from '../../dev/seed.js';
import { UsageError } from '../../errors.js';
import { askOnTerminal } from '../ask.js';
import { setupProgress } from '../setup-progress.js';
import { type DevAction, open } from './action.js';
import { addressesOf, printAddresses } from './addresses.js';
import { start } from './up.js';

export const action: DevAction = {
  words: 0,
  run: async (given, output) => {
    const { config, docker } = await open(given);
    refuseRemoteEngine(docker);
    const volumes = await devVolumes(config, docker);
    const ask = askOnTerminal(output);
    const question = `remove all data of ${config.names.dev} (${volumes.join(', ') || 'there is none'}) and start it anew?`;
    const agreed = given.values.yes === true || (ask !== undefined && (await ask(question)));
    if (!agreed) throw new UsageError('nothing was changed', { hints: ['add --yes if you mean it'] });

    const { step } = setupProgress(output);
    await step('remove the data', (say) => dropDev(config, docker, volumes, say));
    const { model } = await start(given, output);
    const seeds = await declaredSeeds(config, docker);
    if (seeds.length > 0) await step('seed it', (say) => runSeeds(config, docker, seeds, say));
    const addresses = addressesOf(model);
    printAddresses(addresses, output);
    return { result: { volumes, seeds, addresses } };
  },
};
