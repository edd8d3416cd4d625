import { setTimeout as delay } from 'node:timers/promises';
import { mountedFiles } from '../deploy/base/project.js';
import { startBase } from '../deploy/base/up.js';
import { containerError } from '../deploy/containers.js';
import { containersOf } from '../deploy/state.js';
import { Compose } from '../engine/compose.js';
import { SlipwayError } from '../errors.js';
import type { Operation } from './operation.js';

const WITHIN_MS = 60_000;
/** The container's own health check runs every 200 ms while it starts. */
const POLL_MS = 100;

/** Has the container `files` mount volumes beside those that it has; they are made when they are not there. */
export async function mountVolumes(
  { config, docker, deck, signal }: Operation,
  volumes: Readonly<Record<string, string>>,
  progress: (text: string) => void,
): Promise<undefined> {
  const { base } = await containersOf(docker, config.names);
  const files = { ...(await mountedFiles(docker, config.names)), ...volumes };
  await startBase({ config, docker, compose: new Compose(docker.endpoint, { detached: true }), deck, base, files, signal, progress });
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    signal.throwIfAborted();
    const container = (await containersOf(docker, config.names)).base.find(({ service }) => service === 'files');
    if (container?.health === 'healthy') return undefined;
    if (container && (container.state === 'exited' || container.state === 'restarting' || performance.now() > deadline)) {
      throw await containerError(docker, container, container.state === 'running' ? 'it is not healthy' : `it is ${container.state}`);
    }
    if (performance.now() > deadline) throw new SlipwayError('the container files is not there');
    await delay(POLL_MS);
  }
}
