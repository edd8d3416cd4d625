import { loadConfig } from '../../config/load.js';
import { alreadyUp } from '../../dev/up.js';
import type { Arguments } from '../command.js';
import type { Output } from '../output.js';
import type { DevAction } from './action.js';
import { dotenvOf } from './action.js';
import { addressesOf, printAddresses } from './addresses.js';

export const action: DevAction = {
  words: 0,
  run: async (given, output) => {
    const found = given.values.build ? undefined : await alreadyUp(dotenvOf(given));
    const dev = found ?? (await start(given, output));
    const addresses = addressesOf(dev.model);
    if (found) output.line('all of it runs; nothing was changed');
    printAddresses(addresses, output);
    return { result: { started: found === undefined, addresses } };
  },
};

/** Gets what is missing on this machine, then builds and starts the stack. */
export async function start(given: Arguments, output: Output) {
  const [
    { prepareConfig },
    { setupProgress },
    { ensureDevImages },
    { lookAtDev },
    { refuseRemoteEngine },
    { refuseTakenPorts },
    { startDev },
  ] = await Promise.all([
    import('../prepare.js'),
    import('../setup-progress.js'),
    import('../../setup/dev-images.js'),
    import('../../dev/look.js'),
    import('../../dev/local.js'),
    import('../../dev/ports.js'),
    import('../../dev/up.js'),
  ]);
  const progress = setupProgress(output);
  let { config, docker } = await prepareConfig(output, given.values.yes === true, dotenvOf(given));
  refuseRemoteEngine(docker);
  let dev = await lookAtDev(config, docker);
  await refuseTakenPorts(config, docker, dev);
  const images = new Set(dev.model.services.map(({ image }) => image));
  if (await ensureDevImages(config, docker, images, progress)) {
    config = await loadConfig(dotenvOf(given));
    dev = await lookAtDev(config, docker);
  }
  await progress.step('build and start the development stack', (say) => startDev(config, docker, dev, say));
  return dev;
}
