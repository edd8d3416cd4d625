import { devVolumes, dropDev, stopDev } from '../../dev/data.js';
import { refuseRemoteEngine } from '../../dev/local.js';
import { setupProgress } from '../setup-progress.js';
import { type DevAction, open } from './action.js';

export const action: DevAction = {
  words: 0,
  run: async (given, output) => {
    const { config, docker } = await open(given);
    const { step } = setupProgress(output);
    const title = 'stop the development stack';
    if (given.values.volumes !== true) {
      await step(title, (say) => stopDev(config, docker, say));
      output.line('the development stack is down; its data stays (--volumes removes it)');
      return { result: { down: true, volumes: [] } };
    }
    refuseRemoteEngine(docker);
    const volumes = await devVolumes(config, docker);
    await step(title, (say) => dropDev(config, docker, volumes, say));
    output.line('the development stack and its data are gone');
    return { result: { down: true, volumes } };
  },
};
