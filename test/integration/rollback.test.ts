import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RollbackResult } from '../../scripts/lib/deploy/rollback.js';
import { writeFixtureApp } from '../helpers/fixture-app.js';
import { engine } from '../helpers/leftovers.js';
import type { Ended } from '../helpers/process.js';
import { createStack, expectNothingLost, type Stack } from '../helpers/stack.js';

type Done = Extract<RollbackResult, { outcome: 'rolled-back' }>;

const rollback = (stack: Stack, ...words: string[]): Promise<Ended> => stack.start('rollback', words).ended;

/** Rolls back and expects that it works. */
async function rolledBack(stack: Stack, ...words: string[]): Promise<Done> {
  const ended = await rollback(stack, ...words);
  expect(ended.exitCode, `${ended.stderr}\n${ended.stdout}`).toBe(0);
  return ended.json as unknown as Done;
}

/** @returns the ids of a colour's containers */
const ids = async (stack: Stack, colour: 'blue' | 'green') => (await stack.containers(colour)).map(({ Id }) => Id).sort();

describe('going back', () => {
  const all = ['backend', 'backend', 'backend-jobs', 'frontend', 'scheduler', 'worker'];
  let stack: Stack;

  beforeAll(async () => {
    stack = await createStack({}, { quick: true });
    // Values that stand elsewhere as well: as the name of a service, as the path of a check.
    stack.file('app.env', 'MAIL_PASSWORD=hunter2$of-the-mail\nSERVICE=backend\nHEALTH=/health\n');
    stack.set({ APP_ENV_FILE: join(stack.folder, 'app.env') });
    await stack.deployed('t1');
  });
  afterAll(() => stack?.destroy());

  test('from the first release is refused: there is nothing before it', async () => {
    const { exitCode, stderr } = await rollback(stack);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^✗ no release was live before this one$/m);
  });

  test('without an argument goes to the release before, whose own containers are started again; no request is lost', async () => {
    await stack.deployed('t2');
    const before = await ids(stack, 'blue');
    const { result, load } = await stack.underLoad(() => rolledBack(stack));
    expectNothingLost(load);
    expect(result).toMatchObject({ outcome: 'rolled-back', from: 't2', version: 't1', colour: 'blue' });
    expect(await stack.live()).toEqual({ release: 't1', colour: 'blue' });
    expect(await ids(stack, 'blue')).toEqual(before);
    expect(await stack.running('blue')).toEqual(all);
    expect(await stack.running('green')).toEqual([]);
  });

  test('twice goes back two releases, into whichever colour is idle', async () => {
    await stack.deployed('t3');
    await stack.deployed('t4');
    await rolledBack(stack);
    expect(await stack.live()).toEqual({ release: 't3', colour: 'green' });
    // t1 was deployed to blue, and t4 lies there now.
    await rolledBack(stack);
    expect(await stack.live()).toEqual({ release: 't1', colour: 'blue' });
    expect(await stack.running('blue')).toEqual(all);
    const { json } = await stack.start('status', []).ended;
    expect((json.operations as object[])[0]).toMatchObject({ command: 'rollback', version: 't1', outcome: 'done' });
    expect(json.problems).toEqual([]);
  });

  test('takes the image that the release ran on, although its name is another image’s by now', async () => {
    const name = `${stack.name}/backend`;
    const { Id } = await engine.getImage(`${name}:t4`).inspect();
    await engine.getImage(`${name}:t1`).tag({ repo: name, tag: 't4' });
    const { colour } = await rolledBack(stack, 't4');
    const { Image } = await (await stack.container(colour as 'green', 'backend')).inspect();
    expect(Image).toBe(Id);
    expect((await stack.fetch('/api/whoami')).headers['x-release']).toBe('t4');
  });

  test('is planned by --dry-run, and nothing is changed', async () => {
    const live = await stack.live();
    const { exitCode, json } = await rollback(stack, 't3', '--dry-run');
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({ outcome: 'planned', version: 't3', from: 't4', contracts: [] });
    expect((json.steps as { kind: string }[]).map(({ kind }) => kind)).not.toContain('migrate');
    expect(await stack.live()).toEqual(live);
  });

  test.each([
    ['a version that never was', 't99', /no release t99 is kept to go back to[\s\S]*there are: t1, t2, t3[\s\S]*deploy\.mjs t99/],
    ['the version that is live', 't4', /t4 is live already/],
    ['what is no version', 't 1', /version/],
  ])('to %s is refused with exit code 2, and nothing is changed', async (_, version, said) => {
    const live = await stack.live();
    const { exitCode, stderr } = await rollback(stack, version);
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toMatch(said);
    expect(await stack.live()).toEqual(live);
  });

  test('to a release whose image is gone is refused before anything is changed', async () => {
    const live = await stack.live();
    const images = await engine.listImages({ filters: { reference: [`${stack.name}-kept`] } });
    const { Id } = await engine.getImage(`${stack.name}/frontend:t2`).inspect();
    const names = images.filter((image) => image.Id === Id).flatMap(({ RepoTags }) => RepoTags ?? []);
    expect(names).toHaveLength(1);
    const blueOrGreen = (await stack.containers()).filter(({ ImageID }) => ImageID === Id);
    expect(blueOrGreen).toEqual([]);
    for (const name of [...names, `${stack.name}/frontend:t2`]) await engine.getImage(name).remove({ force: true });
    const { exitCode, stderr } = await rollback(stack, 't2');
    expect(exitCode, stderr).toBe(1);
    expect(stderr).toMatch(/images of the release are gone[\s\S]*frontend:t2: it was built here, and has been removed/);
    expect(await stack.live()).toEqual(live);
  });

  test('that fails its checks leaves the live release as it is', async () => {
    const live = await stack.live();
    // What t1 needs of the database is gone: its own check on the staging port notices.
    await stack.sql('ALTER TABLE notes RENAME TO notes_away');
    try {
      const { exitCode, stderr } = await rollback(stack, 't1');
      expect(exitCode, stderr).toBe(1);
      expect(stderr).toMatch(/everything was undone: t4/);
    } finally {
      await stack.sql('ALTER TABLE notes_away RENAME TO notes');
    }
    expect(await stack.live()).toEqual(live);
    expect(await stack.running(live.colour as 'blue')).toEqual(all);
  });

  test('needs no more than RETAIN_RELEASES of them, and what is kept holds no secret', async () => {
    const kept = () =>
      execFileSync(
        'docker',
        ['run', '--rm', '-v', `${stack.name}-journal:/j:ro`, stack.values.NODE_IMAGE ?? '', 'sh', '-c', 'cd /j; ls; cat release-*'],
        {
          encoding: 'utf8',
        },
      );
    const text = kept();
    for (const secret of [...stack.secrets, 'hunter2$of-the-mail', 'hunter2$$of-the-mail']) expect(text).not.toContain(secret);
    stack.set({ RETAIN_RELEASES: '2' });
    await stack.deployed('t5');
    expect(kept().match(/^release-.*\.json$/gm)).toHaveLength(2);
    const { exitCode, stderr } = await rollback(stack, 't1');
    expect(exitCode, stderr).toBe(2);
    expect((await rolledBack(stack)).version).toBe('t4');
  });

  test('to a colour that is warm is a cut alone, and loses no request', async () => {
    stack.set({ RETIRE: 'warm' });
    await stack.deployed('t6');
    const before = await ids(stack, 'blue');
    const { result, load } = await stack.underLoad(() => rolledBack(stack));
    expectNothingLost(load);
    expect(result.steps.map(({ id }) => id).sort()).toEqual([
      'cut',
      'drain',
      'hand-over',
      'keep-assets',
      'record',
      'retire',
      'start-workers',
      'verify',
    ]);
    expect(await stack.live()).toMatchObject({ release: 't4' });
    expect(await ids(stack, 'blue')).toEqual(before);
    expect(await stack.schedulersAtOnce()).toEqual([]);
  });
});

describe('going back across a contracting migration', () => {
  let stack: Stack;
  const migrate = (action: string, script: string) => `  ${action}: [node, -e, "${script}"]`;

  beforeAll(async () => {
    stack = await createStack();
    const file = writeFixtureApp(join(stack.folder, 'app'), 'hello', [
      'migrate:',
      migrate('run', "require('fs').writeFileSync('/tally/migrated', '')"),
      migrate('pending', "if (process.env.VERSION === 't2' && !require('fs').existsSync('/tally/migrated')) console.log('contract:m')"),
      migrate('down', "require('fs').rmSync('/tally/migrated')"),
    ]);
    stack.set({ APP_COMPOSE: file });
    await stack.deployed('t1');
    await stack.deployed('t2', { args: ['--skip-backup'] });
  });
  afterAll(() => stack?.destroy());

  const tally = async () => (await stack.fetch('/tally')).body;

  test('is refused, with each way that there is', async () => {
    const { exitCode, stderr } = await rollback(stack);
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toMatch(
      /t1 cannot live with what was migrated since[\s\S]*contract:m[\s\S]*--migrate-down[\s\S]*--restore-data SET[\s\S]*--force/,
    );
    expect((await stack.fetch('/')).headers['x-release']).toBe('t2');
  });

  test('is explained by --dry-run', async () => {
    const { exitCode, json } = await rollback(stack, '--dry-run');
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({ outcome: 'planned', version: 't1', contracts: ['contract:m'], set: null });
  });

  test('with --migrate-down takes it back first, by the way down of the release that brought it', async () => {
    expect(await tally()).toContain('migrated');
    await rolledBack(stack, '--migrate-down');
    expect((await stack.fetch('/')).headers['x-release']).toBe('t1');
    expect(await tally()).not.toContain('migrated');
  });

  test('with --force goes back all the same; and once it was taken back, nothing is in the way', async () => {
    await stack.deployed('t2', { args: ['--skip-backup'] });
    expect(await tally()).toContain('migrated');
    await rolledBack(stack, '--force');
    expect((await stack.fetch('/')).headers['x-release']).toBe('t1');
    expect(await tally()).toContain('migrated');
  });
});
