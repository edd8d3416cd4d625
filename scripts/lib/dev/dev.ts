import { resolve } from 'node:path';
import type { Config } from '../config/load.js';
import { caBundle } from '../deploy/resolve.js';
import { edgeImage } from '../edge/image.js';
import { Compose, type ComposeProject } from '../engine/compose.js';
import type { Docker } from '../engine/docker.js';

/** The ports of the development stack on 127.0.0.1, by the variable that moves each. */
export const devPorts = { DEV_PORT: 3000, DEV_BACKEND_PORT: 8000, DEV_POSTGRES_PORT: 5432, DEV_REDIS_PORT: 6379 } as const;

/**
 * Starts the development stack, or brings a running one up to date.
 *
 * @param say told what Compose prints
 * @returns the addresses to open
 */
export async function devUp(config: Config, docker: Docker, say: (line: string) => void): Promise<Record<string, string>> {
  const compose = new Compose(docker.endpoint);
  await compose.call(await project(config, docker), ['up', '--build', '--detach', '--wait', '--remove-orphans'], { onLine: say });
  const port = (key: keyof typeof devPorts) => config.environment[key] ?? String(devPorts[key]);
  return {
    app: `http://127.0.0.1:${port('DEV_PORT')}/`,
    backend: `http://127.0.0.1:${port('DEV_BACKEND_PORT')}/health`,
    postgres: `127.0.0.1:${port('DEV_POSTGRES_PORT')}`,
    redis: `127.0.0.1:${port('DEV_REDIS_PORT')}`,
  };
}

/** Takes the development stack down. Its data stays unless `volumes` is true. */
export async function devDown(config: Config, docker: Docker, volumes: boolean, say: (line: string) => void): Promise<void> {
  const compose = new Compose(docker.endpoint);
  await compose.long(await project(config, docker), ['down', '--remove-orphans', ...(volumes ? ['--volumes'] : [])], say);
}

async function project(config: Config, docker: Docker): Promise<ComposeProject> {
  const folder = resolve(config.root, 'compose');
  const env = {
    ...config.environment,
    ...config.raw,
    CA_BUNDLE: caBundle(config.environment),
    EDGE_IMAGE: await edgeImage(config, docker),
  };
  return { files: [resolve(folder, 'dev.yml')], folder, env };
}
