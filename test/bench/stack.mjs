// A stack of its own for a benchmark: settings, ready images of several versions, and taking all of it away again.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadConfig } from '../../dist/config/load.js';
import { freePort } from '../../dist/demo/free-port.js';
import { removeStack } from '../../dist/deploy/power/remove-stack.js';
import { Docker } from '../../dist/engine/docker.js';
import { ensureDotenv } from '../../dist/setup/dotenv.js';
import { chooseImages } from '../../dist/setup/image-choice.js';

export const exec = promisify(execFile);
export const root = new URL('../..', import.meta.url).pathname;

/** Runs a command; resolves with what it printed, its wall time (ms), and the time of its first output (ms). */
export function timed(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    let first;
    child.stdout.on('data', (chunk) => {
      first ??= performance.now() - began;
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      first ??= performance.now() - began;
      stderr += chunk;
    });
    child.on('close', (code) => {
      const milliseconds = performance.now() - began;
      if (code === 0) resolve({ stdout, stderr, milliseconds, first });
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}\n${stdout}\n${stderr}`));
    });
  });
}

export const deploy = (stack, version, ...flags) => timed('npx', ['zx', 'scripts/deploy.mjs', version, '--dotenv', stack.dotenv, ...flags]);

/** Makes a stack with the given settings; `versions` become tags of one image each, so no deploy has to build. */
export async function benchStack(settings, versions) {
  const docker = new Docker();
  const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  const dotenv = join(folder, 'env');
  const name = `bench-${process.pid}`;
  const http = await freePort(18_000);
  const values = {
    STACK: name,
    APP_COMPOSE: join(root, 'test/bench/app.yml'),
    HTTP_PORT: String(http),
    HTTPS_PORT: String(await freePort(http + 1)),
    RATE_API: 'off',
    RATE_AUTH: 'off',
    RATE_ADDRESS: 'off',
    STACK_MEMORY: '2g',
    ...settings,
  };
  await ensureDotenv({ path: dotenv, docker, values, images: await chooseImages(docker) });
  const config = await loadConfig(dotenv);
  const stack = {
    name,
    dotenv,
    docker,
    config,
    http,
    remove: async () => {
      await removeStack(docker, config.names);
      for (const image of ['backend', 'frontend'])
        for (const version of versions) await exec('docker', ['rmi', '-f', `${name}/${image}:${version}`]);
      await rm(folder, { recursive: true });
    },
  };
  for (const image of ['backend', 'frontend']) {
    const context = join(root, 'infra/sample', image);
    const ca = process.env.NODE_EXTRA_CA_CERTS ?? '/dev/null';
    await exec('docker', [
      'build',
      '--quiet',
      `--secret=id=ca_bundle,src=${ca}`,
      `--build-arg=NODE_IMAGE=${config.settings.NODE_IMAGE}`,
      // Its own image, though the content is the same: another stack's that removes its last name for one would take it away.
      `--label=dev.slipway.stack=${name}`,
      '-t',
      `${name}/${image}:${versions[0]}`,
      context,
    ]);
    for (const version of versions.slice(1))
      await exec('docker', ['tag', `${name}/${image}:${versions[0]}`, `${name}/${image}:${version}`]);
  }
  return stack;
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
