// Plays a fresh machine: a privileged Debian container with Node, npm and git and nothing else, in which the two lines
// of the README have to work. The nested engine is installed and started by our own setup.
//
//   npm run test:fresh                      both lines, at HEAD
//   npm run test:fresh -- --line demo       one of them (demo or test)
//   npm run test:fresh -- --worktree        with the changes that are not committed
import { randomBytes } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { $ } from 'zx';
import { projectRoot } from '../../dist/config/root.js';
import { Docker } from '../../dist/engine/docker.js';
import { makeDebianImage, recipeOfSystem } from '../../dist/setup/debian-image.js';

const LIMIT_MS = 60 * 60_000;
const MACHINE = {
  suite: 'trixie',
  packages: ['nodejs', 'npm', 'git', 'ca-certificates'],
  // What the mirror needs, setup has to find out by itself.
  hooks: ['rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap"'],
};
const LINES = {
  demo: ['npm ci && npm run demo', 'npm run demo:down'],
  test: ['npm ci && npm test'],
};

const { values: options } = parseArgs({
  args: process.argv.slice(process.argv.findIndex((word) => word.endsWith('run.mjs')) + 1),
  options: { line: { type: 'string' }, worktree: { type: 'boolean' }, command: { type: 'string', multiple: true } },
});
const lines = options.command ?? (options.line ? LINES[options.line] : Object.values(LINES).flat());
if (!lines) throw new Error(`--line should be ${Object.keys(LINES).join(' or ')}, got ${options.line}`);

const name = `slipway-fresh-${randomBytes(4).toString('hex')}`;
const log = createWriteStream(join(projectRoot, 'test-fresh.log'));
const stop = new AbortController();
const timer = setTimeout(() => stop.abort(`not done within ${LIMIT_MS / 60_000} minutes`), LIMIT_MS);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort(signal));

try {
  const image = await machineImage(new Docker());
  await startMachine(image);
  await sendProject();
  // Debian's npm 9 fails on today's dependency trees.
  process.exitCode = await inside('/root', 'npm install --global --no-fund npm@11');
  for (const line of lines) process.exitCode ||= await inside('/root/slipway', line);
} finally {
  clearTimeout(timer);
  // With its anonymous volume, on which everything of the nested engine lies.
  await $({ quiet: true, nothrow: true, detached: true })`docker rm --force --volumes ${name}`;
  if (stop.signal.aborted) {
    say(`stopped: ${stop.signal.reason}`);
    process.exitCode = /^SIG/.test(stop.signal.reason) ? 130 : 1;
  }
  log.end();
}

/** The machine's image, made once: its name says what is in it. */
async function machineImage(docker) {
  const image = `slipway/fresh:${recipeOfSystem(MACHINE).slice(0, 12)}`;
  const step = (title, work) => {
    say(title);
    return work(() => {});
  };
  if (!(await docker.image(image))) await makeDebianImage(docker, image, MACHINE, { note: say, step });
  return image;
}

/** It ends by itself even if this script is killed, and takes its volume with it. */
async function startMachine(image) {
  const bundle = process.env.NODE_EXTRA_CA_CERTS;
  // Where a proxy with a certificate of its own stands before the package registry, npm inside needs that certificate too.
  const trust =
    bundle && existsSync(bundle)
      ? ['--volume', `${bundle}:${bundle}:ro`, '--env', `NODE_EXTRA_CA_CERTS=${bundle}`, '--env', `npm_config_cafile=${bundle}`]
      : [];
  const run = [
    '--detach',
    '--rm',
    '--init',
    '--privileged',
    '--name',
    name,
    '--hostname',
    'fresh',
    '--volume',
    '/var/lib/docker',
    ...trust,
  ];
  await $({ quiet: true })`docker run ${run} ${image} sleep ${LIMIT_MS / 1_000 + 300}`;
}

/** HEAD travels as a bundle, so a linked worktree does as well; uncommitted files go on top when asked for. */
async function sendProject() {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-fresh-'));
  const local = $({ quiet: true, cwd: projectRoot });
  try {
    await local`git bundle create ${join(folder, 'slipway.bundle')} HEAD --tags`;
    await local`docker cp ${join(folder, 'slipway.bundle')} ${name}:/root/slipway.bundle`;
    await local`docker exec ${name} git clone --quiet /root/slipway.bundle /root/slipway`;
    if (!options.worktree) return;
    const files = (await local`git ls-files --cached --others --exclude-standard`).stdout
      .split('\n')
      .filter((file) => existsSync(join(projectRoot, file)) && file);
    await local({ input: files.join('\n') })`tar --create --file ${join(folder, 'worktree.tar')} --files-from -`;
    await local`docker cp ${join(folder, 'worktree.tar')} ${name}:/root/worktree.tar`;
    await local`docker exec ${name} tar --extract --file /root/worktree.tar --directory /root/slipway`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs a line in the machine's shell, as a person would type it; its output goes to the terminal and into the log. */
async function inside(folder, line) {
  if (stop.signal.aborted) return 130;
  const start = Date.now();
  say(`$ ${line}`);
  // Of its own process group: Ctrl-C comes here first, and removing the machine ends what runs in it.
  const child = $({
    quiet: true,
    nothrow: true,
    detached: true,
    signal: stop.signal,
  })`docker exec --workdir ${folder} ${name} sh -c ${line}`;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      process.stdout.write(chunk);
      log.write(chunk);
    });
  }
  const { exitCode } = await child;
  say(`exit code ${exitCode} after ${((Date.now() - start) / 1_000).toFixed(1)} s`);
  return exitCode ?? 1;
}

function say(text) {
  const line = `--- ${text}\n`;
  process.stdout.write(line);
  log.write(line);
}
