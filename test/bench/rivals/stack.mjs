// One Compose project in which a rival way of switching runs, and the commands that a person would type for it.
import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../dist/demo/free-port.js';
import { exec, root } from '../stack.mjs';

const folder = join(root, 'test/bench/rivals');

/**
 * Prepares a project; nothing of it runs yet.
 *
 * @param stack the benchmark's own stack, for its images
 * @param name of the way; the project is named after the stack and it
 * @param signal ends a command that is running
 */
export async function rivalStack({ name: stackName, config }, name, signal) {
  const project = `${stackName}-${name}`;
  const proxyFolder = await mkdtemp(join(tmpdir(), `${project}-`));
  await cp(join(folder, 'nginx.conf'), join(proxyFolder, 'nginx.conf'));
  await mkdir(join(proxyFolder, 'conf.d'));
  const { NGINX_IMAGE, POSTGRES_IMAGE, REDIS_IMAGE } = config.settings;
  const port = await freePort(18_100);
  const fixed = {
    ...{ NGINX_IMAGE, POSTGRES_IMAGE, REDIS_IMAGE, APP_IMAGE: `${stackName}/backend` },
    ...{ PROXY_FOLDER: proxyFolder, PROXY_PORT: String(port), DB_PASSWORD: randomUUID(), SECRET_KEY: randomUUID() },
  };
  const base = ['compose', '--project-name', project, '--file', join(folder, 'compose.yml'), '--profile', '*'];
  const docker = async (args, version, options) => {
    const { stdout } = await exec('docker', args, { env: { ...process.env, ...fixed, VERSION: version }, ...options });
    return stdout;
  };
  const compose = (version, ...args) => docker([...base, ...args], version, { signal });
  return {
    project,
    port,
    /** Runs a docker command; resolves with what it printed. */
    docker: (...args) => docker(args, 'v1', { signal }),
    /** Runs a Compose command with that version in its environment; resolves with what it printed. */
    compose,
    /** @returns the ids of a service's containers */
    ids: async (service) => (await compose('v1', 'ps', '--quiet', service)).split('\n').filter(Boolean),
    /** Writes the file that says where the app is. */
    upstream: (text) => writeFile(join(proxyFolder, 'conf.d/upstream.conf'), text),
    reload: async () => {
      await compose('v1', 'exec', '-T', 'proxy', 'nginx', '-t', '-q');
      await compose('v1', 'exec', '-T', 'proxy', 'nginx', '-s', 'reload');
    },
    /** Starts everything with v1 in the given service, and what `upstream` has said before. */
    start: async (service) => {
      await compose('v1', 'up', '--detach', '--wait', 'postgres', 'redis');
      await compose('v1', 'run', '--rm', '--no-deps', service, 'node', 'migrate.mjs', 'up');
      await compose('v1', 'up', '--detach', '--wait', service);
    },
    startProxy: () => compose('v1', 'up', '--detach', '--wait', 'proxy'),
    remove: async () => {
      await docker([...base, 'down', '--volumes', '--remove-orphans', '--timeout', '1'], 'v1');
      await rm(proxyFolder, { recursive: true });
    },
  };
}
