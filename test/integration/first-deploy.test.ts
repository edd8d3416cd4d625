import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engine } from '../helpers/leftovers.js';
import { type Ended, type Running, start } from '../helpers/process.js';
import { processesOf } from '../helpers/processes.js';
import { createStack, type Stack } from '../helpers/stack.js';

let stack: Stack;
let first: Ended;
const seenArguments = new Set<string>();

beforeAll(async () => {
  stack = await createStack();
  const running = stack.startDeploy('t1');
  first = await watchArguments(running);
});
afterAll(() => stack?.destroy());

/** Looks at the argument lists of all processes of the machine, containers' included, for as long as the command runs. */
async function watchArguments(running: Running): Promise<Ended> {
  const look = () => {
    for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
      try {
        seenArguments.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
      } catch {
        // The process has just ended.
      }
    }
  };
  const timer = setInterval(look, 50);
  const ended = await running.ended;
  look();
  clearInterval(timer);
  return ended;
}

describe('the first deploy on an engine that knows nothing of the stack', () => {
  test('ends with exit code 0 and says what is live', () => {
    expect(first.exitCode, first.stderr).toBe(0);
    expect(first.json).toMatchObject({ outcome: 'deployed', version: 't1', colour: 'blue' });
  });

  test('starts every service: the base, two backends, frontend, worker and scheduler in blue, nothing in green', async () => {
    const base = await stack.containers('');
    expect(base.map(({ Labels, State }) => [Labels['com.docker.compose.service'], State]).sort()).toEqual([
      ['cron', 'running'],
      ['edge', 'running'],
      ['files', 'running'],
      ['postgres', 'running'],
      ['redis', 'running'],
    ]);
    expect(await stack.running('blue')).toEqual(['backend', 'backend', 'backend-jobs', 'frontend', 'scheduler', 'worker']);
    expect(await stack.containers('green')).toEqual([]);
  });

  test('leaves no helper container behind', async () => {
    const names = (await stack.containers()).map(({ Names }) => Names[0]);
    expect(names.filter((name) => /deck|-run-/.test(name ?? ''))).toEqual([]);
    expect(names).toHaveLength(11);
  });

  test('answers through the edge with the release and the colour in the headers', async () => {
    const page = await stack.fetch('/');
    expect(page.status).toBe(200);
    expect(page.headers).toMatchObject({ 'x-release': 't1', 'x-colour': 'blue' });
    const api = await stack.fetch('/api/whoami');
    expect(JSON.parse(api.body)).toMatchObject({ version: 't1', colour: 'blue' });
    const missing = await stack.fetch('/api/nothing-here');
    expect(missing.status).toBe(404);
    expect(missing.headers).toMatchObject({ 'x-release': 't1', 'x-colour': 'blue' });
  });

  test('publishes the ports of the edge and no others', async () => {
    const published = (await stack.containers()).filter(({ Ports }) => Ports.some(({ PublicPort }) => PublicPort !== undefined));
    expect(published.map(({ Labels }) => Labels['com.docker.compose.service'])).toEqual(['edge']);
    const ports = published[0]?.Ports.map(({ IP, PublicPort }) => `${IP}:${PublicPort}`).sort();
    expect(ports).toEqual([`127.0.0.1:${stack.values.HTTP_PORT}`, `127.0.0.1:${stack.values.HTTPS_PORT}`].sort());
  });

  test('shows no secret in docker inspect, in any argument list, in its output, in a container log or in the journal', async () => {
    const inspected = await Promise.all((await stack.containers()).map(({ Id }) => engine.getContainer(Id).inspect()));
    const logs = await Promise.all(
      inspected.map(({ Id }) =>
        engine
          .getContainer(Id)
          .logs({ stdout: true, stderr: true, follow: false })
          .then((log) => log.toString('latin1')),
      ),
    );
    const journal = await readJournal(stack);
    const argv = [...seenArguments].join('\n');
    expect(argv, 'the watch on argument lists works').toContain('redis-server');
    expect(argv).toContain('docker compose');
    expect(journal).toContain('"kind":"release"');
    for (const secret of stack.secrets) {
      expect(JSON.stringify(inspected).includes(secret), 'docker inspect').toBe(false);
      expect(argv.includes(secret), 'argument lists').toBe(false);
      expect(`${first.stdout}${first.stderr}`.includes(secret), 'output').toBe(false);
      expect(logs.join('').includes(secret), 'logs').toBe(false);
      expect(journal.includes(secret), 'journal').toBe(false);
    }
  });

  test('gives every container a read-only root, no capability, no new privileges, limits, an init and log rotation', async () => {
    for (const { Id, Names } of await stack.containers()) {
      const { HostConfig } = await engine.getContainer(Id).inspect();
      expect(HostConfig, Names[0]).toMatchObject({
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges:true'],
        Init: true,
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
      });
      expect(HostConfig.Memory, Names[0]).toBeGreaterThan(0);
      expect(HostConfig.PidsLimit, Names[0]).toBeGreaterThan(0);
    }
  });

  test('runs no container as root but the one that reads the app’s files', async () => {
    for (const { Id, Names, Labels } of await stack.containers()) {
      if (Labels['com.docker.compose.service'] === 'files') continue;
      const users = processesOf(engine.getContainer(Id)).map(({ uid }) => uid);
      expect(users.length, Names[0]).toBeGreaterThan(0);
      expect(users, Names[0]).not.toContain(0);
    }
  });

  test('mounts no path of the host', async () => {
    const mounts = (await stack.containers()).flatMap(({ Mounts }) => Mounts);
    expect(mounts.filter(({ Type }) => Type === 'bind')).toEqual([]);
  });

  test('keeps Postgres and Redis on a network without a way out, apart from the edge', async () => {
    const network = await engine.getNetwork(`${stack.name}-data`).inspect();
    expect(network.Internal).toBe(true);
    const edge = (await stack.containers('')).find(({ Labels }) => Labels['com.docker.compose.service'] === 'edge');
    expect(Object.keys(edge?.NetworkSettings.Networks ?? {})).toEqual([`${stack.name}-app`]);
  });
});

describe('the live version typed again', () => {
  test('does nothing, says so, exit code 0', async () => {
    const before = await snapshot();
    const again = await stack.deployed('t1');
    expect(again.json).toEqual({ outcome: 'already-live', version: 't1', colour: 'blue' });
    expect(again.stderr).toMatch(/t1 is live already \(blue\); nothing was done/);
    expect(await snapshot()).toEqual(before);
  });

  test('through `npx zx` as well', async () => {
    const again = await start(['npx', 'zx', 'scripts/deploy.mjs', 't1', '--dotenv', stack.dotenv]).ended;
    expect(again.exitCode, again.stderr).toBe(0);
    expect(again.stdout).toMatch(/t1 is live already/);
    // npm itself may have something to say about the machine's settings.
    expect(again.stderr.split('\n').filter((line) => line && !line.startsWith('npm '))).toEqual([]);
  });

  test('with --dry-run --force prints the steps and changes nothing', async () => {
    const before = await snapshot();
    const planned = await stack.deployed('t1', { args: ['--dry-run', '--force'] });
    expect(planned.json).toMatchObject({ outcome: 'planned', version: 't1' });
    const steps = (planned.json.steps as { id: string; title: string }[]).map(({ id }) => id);
    expect(steps).toEqual([
      ...['images', 'base', 'backup', 'migrate-backend', 'start-web', 'healthy', 'stage', 'create-workers', 'check', 'keep-assets'],
      ...['cut', 'verify', 'bake', 'start-workers', 'hand-over', 'drain', 'retire', 'record'],
    ]);
    expect(planned.stderr).toContain('cut from blue to green');
    expect(await snapshot()).toEqual(before);
  });

  test('with --force is deployed once more, into the other colour', async () => {
    const forced = await stack.deployed('t1', { args: ['--force'] });
    expect(forced.json).toMatchObject({ outcome: 'deployed', version: 't1', colour: 'green' });
    expect(await stack.live()).toEqual({ release: 't1', colour: 'green' });
    expect(await stack.running('green')).toEqual(['backend', 'backend', 'backend-jobs', 'frontend', 'scheduler', 'worker']);
    expect(await stack.running('blue')).toEqual([]);
  });
});

/** What the engine has of the stack: containers with their start times, networks, volumes, images. */
async function snapshot(): Promise<string[]> {
  const containers = await Promise.all((await stack.containers()).map(({ Id }) => engine.getContainer(Id).inspect()));
  return [...(await stack.leftovers()), ...containers.map(({ Id, State }) => `${Id} ${State.StartedAt}`).sort()];
}

/** The journal is a file in a volume; the engine gives it out through any container that mounts it, running or not. */
async function readJournal({ name, values }: Stack): Promise<string> {
  const mount = { Type: 'volume' as const, Source: `${name}-journal`, Target: '/journal', ReadOnly: true };
  const reader = await engine.createContainer({ name: `${name}-reader`, Image: values.NODE_IMAGE ?? '', HostConfig: { Mounts: [mount] } });
  try {
    let text = '';
    for await (const chunk of await reader.getArchive({ path: '/journal/journal.jsonl' })) text += chunk;
    return text;
  } finally {
    await reader.remove({ force: true });
  }
}
