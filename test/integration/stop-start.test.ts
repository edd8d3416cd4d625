import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { namesOf } from '../../scripts/lib/config/names.js';
import { removeStack } from '../../scripts/lib/deploy/power/remove-stack.js';
import { Docker } from '../../scripts/lib/engine/docker.js';
import { engine } from '../helpers/leftovers.js';
import type { Ended } from '../helpers/process.js';
import { createStack, type RunOptions, type Stack } from '../helpers/stack.js';

const all = ['backend', 'backend', 'backend-jobs', 'frontend', 'scheduler', 'worker'];
let stack: Stack;
/** A note and a count that have to outlive everything but the removal of the volumes. */
let note: string;
let value: number;

beforeAll(async () => {
  stack = await createStack({}, { quick: true });
});
afterAll(() => stack?.destroy());

const run = (command: 'stop' | 'start', options: RunOptions = {}): Promise<Ended> => stack.start(command, [], options).ended;

/** Runs a command and expects that it works. @returns its document */
async function done(command: 'stop' | 'start', ...args: string[]): Promise<Record<string, unknown>> {
  const ended = await run(command, { args });
  expect(ended.exitCode, `${ended.stderr}\n${ended.stdout}`).toBe(0);
  return ended.json;
}

async function expectServed(release: string): Promise<void> {
  expect(await stack.live()).toMatchObject({ release });
  expect(JSON.parse((await stack.fetch('/api/notes')).body)).toContainEqual(expect.objectContaining({ text: note }));
  expect(JSON.parse((await stack.fetch('/api/counter')).body)).toEqual({ value });
}

/** Every container with the moment at which it was last started, so that another one, or a restart, shows. */
async function standing(): Promise<string[]> {
  const described = await Promise.all((await stack.containers()).map(({ Id }) => engine.getContainer(Id).inspect()));
  return described.map(({ Id, Name, State }) => `${Name} ${Id} ${State.Status} ${State.StartedAt}`).sort();
}

/** @returns the names by which the stack keeps the images of its releases */
async function keptImages(): Promise<string[]> {
  const images = await engine.listImages();
  return images.flatMap(({ RepoTags }) => (RepoTags ?? []).filter((tag) => tag.startsWith(`${stack.name}-kept:`)));
}

/** Does some work while another program has a port of 127.0.0.1; 0: any. */
async function whileTaken(port: number, work: (port: number) => Promise<void>): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  try {
    await work((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

const isOf = (kinds: string) => (line: string) => new RegExp(`^(${kinds}) `).test(line);

describe('a stack of which nothing is there', () => {
  test('cannot be started: exit code 2, and a deploy is what to type', async () => {
    const { exitCode, stderr } = await run('start');
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toMatch(/^✗ there is no release to be started$/m);
    expect(stderr).toContain('npx zx scripts/deploy.mjs <version>');
  });

  test('is stopped and removed already, and is not made by asking', async () => {
    expect(await done('stop')).toMatchObject({ outcome: 'nothing-to-do', steps: [] });
    expect(await done('stop', '--remove', '--remove-volumes', stack.name)).toMatchObject({ outcome: 'nothing-to-do', volumes: [] });
    expect(await stack.leftovers()).toEqual([]);
  });
});

describe('stop', () => {
  beforeAll(async () => {
    await stack.deployed('t1');
    note = `a note of ${stack.name}`;
    await stack.fetch('/api/notes', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: note }),
    });
    value = (JSON.parse((await stack.fetch('/api/counter', { method: 'POST' })).body) as { value: number }).value;
  });

  test('with --dry-run prints its steps and changes nothing', async () => {
    const before = await standing();
    const { json, stderr } = await run('stop', { args: ['--dry-run'] });
    expect(json).toMatchObject({ outcome: 'planned' });
    expect(stderr).toMatch(/1\. stop backend-jobs, scheduler, worker in blue\n.*2\. stop edge\n/);
    expect(await standing()).toEqual(before);
  });

  test('of everything ends each container by itself, in an order that lets work end', async () => {
    const before = await stack.containers();
    expect(await done('stop')).toMatchObject({ outcome: 'stopped' });
    const ended = await Promise.all(before.map(({ Id }) => engine.getContainer(Id).inspect()));
    expect(ended.map(({ State }) => State.Status).filter((status) => status !== 'exited')).toEqual([]);
    // 137: it was killed, when its grace was over.
    expect(ended.filter(({ State }) => State.ExitCode === 137).map(({ Name }) => Name)).toEqual([]);
    const order = ['worker', 'edge', 'backend', 'cron', 'postgres'];
    const times = order.map(
      (service) => ended.find(({ Config }) => Config.Labels['com.docker.compose.service'] === service)?.State.FinishedAt ?? '',
    );
    expect(times).toEqual([...times].sort());
    await expect(stack.fetch('/')).rejects.toThrow(/ECONNREFUSED/);
  });

  test('a second time changes nothing, and says so', async () => {
    const before = await standing();
    const { exitCode, stderr, json } = await run('stop');
    expect(exitCode, stderr).toBe(0);
    expect(json).toMatchObject({ outcome: 'nothing-to-do', steps: [] });
    expect(stderr).toContain(`nothing of ${stack.name} runs; nothing was changed`);
    expect(await standing()).toEqual(before);
  });
});

test.each([
  ['deploy', ['t9']],
  ['rollback', []],
  ['stop', []],
  ['start', []],
])('Ctrl-C while a %s is getting ready ends it with exit code 130, and changes nothing', async (command, words) => {
  const before = await standing();
  const running = stack.start(command, words);
  await running.says(new RegExp(`^${command}`));
  running.kill('SIGINT');
  const { exitCode, signal, stderr, json } = await running.ended;
  expect([exitCode, signal], stderr).toEqual([130, null]);
  expect(stderr).toContain('✗ interrupted before it had begun');
  expect(json).toMatchObject({ error: { exitCode: 130 } });
  expect(await standing()).toEqual(before);
});

describe('start', () => {
  test('is refused when another program has a port of the edge that is there', async () => {
    await whileTaken(stack.port, async () => {
      const { exitCode, stderr } = await run('start');
      expect(exitCode, stderr).toBe(2);
      expect(stderr).toContain(`the edge’s container: port ${stack.port} on 127.0.0.1 is in use by another program`);
      expect(stderr).toContain('npx zx scripts/base.mjs upgrade');
    });
  });

  test('brings the same containers back, healthy, with the release that was live and all data', async () => {
    const before = (await stack.containers()).map(({ Id }) => Id).sort();
    // The port that .env names by now is another program's, and no matter: the edge keeps those that it was made with.
    await whileTaken(0, async (port) => {
      const { exitCode, stderr, json } = await run('start', { env: { HTTP_PORT: String(port) } });
      expect(exitCode, stderr).toBe(0);
      expect(json).toMatchObject({ outcome: 'started', version: 't1', colour: 'blue' });
    });
    expect((await stack.containers()).map(({ Id }) => Id).sort()).toEqual(before);
    expect(await stack.running('blue')).toEqual(all);
    const ill = (await stack.containers()).filter(({ Status }) => !/\((healthy|health: starting)\)/.test(Status));
    expect(ill.map(({ Names, Status }) => `${Names[0]} ${Status}`).filter((line) => !line.includes('backend-jobs'))).toEqual([]);
    await expectServed('t1');
    expect(await stack.schedulersAtOnce()).toEqual([]);
  });

  test('a second time changes nothing, and says so', async () => {
    const before = await standing();
    const { exitCode, stderr, json } = await run('start');
    expect(exitCode, stderr).toBe(0);
    expect(json).toMatchObject({ outcome: 'nothing-to-do', version: 't1', steps: [] });
    expect(stderr).toContain('t1 is live (blue) and all of it runs; nothing was changed');
    expect(await standing()).toEqual(before);
  });

  describe('while Postgres cannot be reached', () => {
    let data: ReturnType<typeof engine.getNetwork>;
    let id: string;

    beforeAll(async () => {
      await done('stop');
      data = engine.getNetwork(`${stack.name}-data`);
      id = (await stack.container('blue', 'backend')).id;
      await data.disconnect({ Container: id, Force: true });
    });

    test('is interrupted by Ctrl-C: exit code 130, what was started stays and is told', async () => {
      const starting = stack.start('start', [], { env: { HEALTH_TIMEOUT: '60s' } });
      await starting.says(/✓ start cron, files/);
      starting.kill('SIGINT');
      const { exitCode, stderr } = await starting.ended;
      expect(exitCode, stderr).toBe(130);
      expect(stderr).toMatch(/^✗ interrupted\n {4}runs: .*cron, files, .*postgres, redis$/m);
      expect(stderr).toMatch(/^ {4}does not run: .*edge, /m);
      expect(stderr).toContain('npx zx scripts/start.mjs goes on from there');
    });

    test('fails with the words of the service that is not healthy, and tells what runs', async () => {
      const { exitCode, stderr } = await run('start', { env: { HEALTH_TIMEOUT: '4s' } });
      expect(exitCode, stderr).toBe(1);
      expect(stderr).toMatch(/^✗ .*-blue-backend-1: not healthy after 4 s$/m);
      expect(stderr).toMatch(/^ {4}health check: .*getaddrinfo/m);
      expect(stderr).toMatch(/^ {4}runs: backend \(blue\), cron, files, frontend \(blue\), postgres, redis$/m);
      expect(stderr).toMatch(/^ {4}does not run: backend-jobs \(blue\), edge, scheduler \(blue\), worker \(blue\)$/m);
    });

    test('goes on once it can', async () => {
      await data.connect({ Container: id, EndpointConfig: { Aliases: ['backend'] } });
      expect(await done('start')).toMatchObject({ outcome: 'started' });
      expect(await stack.running('blue')).toEqual(all);
      await expectServed('t1');
    });
  });

  test('makes what is missing of the base; what holds the app’s files for backups has them again', async () => {
    const mounted = async () => {
      const { Mounts } = await (await stack.container('', 'files')).inspect();
      return Mounts.map(({ Name = '' }) => Name)
        .filter((name) => name.startsWith(stack.name))
        .sort();
    };
    const before = await mounted();
    expect(before).toContain(`${stack.name}-app_uploads`);
    await done('stop');
    for (const service of ['cron', 'files']) await (await stack.container('', service)).remove();
    expect(await done('start')).toMatchObject({
      outcome: 'started',
      steps: expect.arrayContaining([expect.objectContaining({ id: 'base-up' })]),
    });
    expect((await stack.containers('')).map(({ State }) => State)).toEqual(Array(5).fill('running'));
    expect(await mounted()).toEqual(before);
    await expectServed('t1');
  });
});

test('Ctrl-C during a stop lets the step at hand end: exit code 130, the rest runs, and a stop goes on', async () => {
  const stopping = stack.start('stop', []);
  await stopping.says(/✓ stop .*worker in blue/);
  stopping.kill('SIGINT');
  const { exitCode, stderr } = await stopping.ended;
  expect(exitCode, stderr).toBe(130);
  expect(stderr).toMatch(/^✗ interrupted\n {4}runs: .*postgres, redis$/m);
  expect(stderr).toMatch(/^ {4}does not run: .*worker \(blue\)$/m);
  expect(await done('stop')).toMatchObject({ outcome: 'stopped' });
  expect(await done('start')).toMatchObject({ outcome: 'started' });
});

describe('removing the volumes', () => {
  test.each([
    ['without --remove', (name: string) => ['--remove-volumes', name]],
    ['with another name', (name: string) => ['--remove', '--remove-volumes', `${name}x`, '--yes']],
    ['with no name', () => ['--remove', '--remove-volumes', '', '--yes']],
  ])('%s is refused: exit code 2, and all of it runs as before', async (_, args) => {
    const before = [await standing(), await stack.leftovers()];
    const { exitCode, stderr } = await run('stop', { args: args(stack.name) });
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toMatch(/^✗ --remove-volumes: /m);
    expect([await standing(), await stack.leftovers()]).toEqual(before);
  });
});

describe('stop --remove', () => {
  test('takes the containers and networks away, and keeps every volume', async () => {
    const volumes = (await stack.leftovers()).filter(isOf('volume'));
    expect(await done('stop', '--remove')).toMatchObject({ outcome: 'removed', volumes: [] });
    const left = await stack.leftovers();
    expect(left.filter(isOf('container|network'))).toEqual([]);
    expect(left.filter(isOf('volume'))).toEqual(volumes);
  });

  test('leaves nothing to start: a deploy is what to type', async () => {
    const { exitCode, stderr } = await run('start');
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toContain('npx zx scripts/deploy.mjs <version>');
  });

  test('and that deploy serves with all data', async () => {
    await stack.deployed('t2');
    await expectServed('t2');
  });

  test('with the stack’s own name leaves no container, network or volume, and says before which volumes are lost', async () => {
    const volumes = (await stack.leftovers()).filter(isOf('volume'));
    expect((await keptImages()).length).toBeGreaterThan(0);
    const { exitCode, stderr, json } = await run('stop', { args: ['--remove', '--remove-volumes', stack.name] });
    expect(exitCode, stderr).toBe(0);
    expect((json.volumes as string[]).map((volume) => `volume ${volume}`)).toEqual(volumes);
    const [said, removed] = [stderr.indexOf(`${volumes.length} volumes are removed`), stderr.indexOf('✓ stop edge')];
    expect(said).toBeGreaterThan(-1);
    expect(said).toBeLessThan(removed);
    for (const volume of json.volumes as string[]) expect(stderr).toContain(`  ${volume}`);
    expect((await stack.leftovers()).filter((line) => !isOf('image')(line))).toEqual([]);
    expect(await keptImages()).toEqual([]);
  });

  test('leaves the images that were built, which a stack that is made to be thrown away loses as well', async () => {
    expect((await stack.leftovers()).length).toBeGreaterThan(0);
    await removeStack(new Docker(), namesOf(stack.name));
    expect(await stack.leftovers()).toEqual([]);
  });
});
