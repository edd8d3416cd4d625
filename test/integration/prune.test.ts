import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PruneResult } from '../../scripts/lib/deploy/prune/prune.js';
import { tarOf } from '../../scripts/lib/engine/archive.js';
import { writeFixtureApp } from '../helpers/fixture-app.js';
import { engine } from '../helpers/leftovers.js';
import { createStack, expectNothingLost, type Stack } from '../helpers/stack.js';

const ONCE = ['once: [[node, tally.mjs, once]]'];

let stack: Stack;

beforeAll(async () => {
  stack = await createStack({ RETAIN_RELEASES: '3' });
  await deployed('t1');
  await deployed('t2');
  await deployed('t3');
});
afterAll(() => stack?.destroy());

/** Every version has an image of its own. */
function write(version: string, extra: readonly string[] = []): void {
  stack.set({ APP_COMPOSE: writeFixtureApp(join(stack.folder, 'app'), `this is ${version}`, [...ONCE, ...extra]) });
}

async function deployed(version: string): Promise<void> {
  write(version);
  await stack.deployed(version);
}

async function prune(...args: string[]): Promise<PruneResult> {
  const ended = await stack.start('prune', ['--older-than', '1s', ...args]).ended;
  expect(ended.exitCode, `${ended.stderr}\n${ended.stdout}`).toBe(0);
  return ended.json as unknown as PruneResult;
}

/** @returns the names of the stack's images, those that keep them included */
async function imageNames(): Promise<string[]> {
  const images = await engine.listImages();
  return images
    .flatMap(({ RepoTags }) => RepoTags ?? [])
    .filter((name) => name.startsWith(stack.name))
    .sort(); // prettier-ignore
}

async function keptName(version: string): Promise<string> {
  const { Id } = await engine.getImage(`${stack.name}/web:${version}`).inspect();
  return `${stack.name}-kept:${Id.slice('sha256:'.length).slice(0, 12)}`;
}

/** Makes an image that nobody deployed. */
async function importImage(name: string): Promise<void> {
  const input = await tarOf([{ path: 'name', content: name }]);
  execFileSync('docker', ['import', '-', name], { input, stdio: ['pipe', 'ignore', 'inherit'] });
}

/** Does something to the journal's files, which are below /j. */
function inJournal(script: string): string {
  const volume = `${stack.name}-journal:/j`;
  const image = stack.values.NODE_IMAGE ?? '';
  return execFileSync('docker', ['run', '--rm', '--workdir', '/j', '-v', volume, image, 'sh', '-ec', script], { encoding: 'utf8' });
}

const page = async () => (await stack.fetch('/')).body;
const history = async () =>
  (await stack.start('history', ['--last', '99']).ended).json.operations as { command: string; version: string }[];

test('removes what no retained release needs, all of what --dry-run told and nothing else', async () => {
  // Refused: it never went live, and its image is left.
  write('t4', ['checks: [{ path: /, status: [418], within: 1s }]']);
  expect((await stack.deploy('t4')).exitCode).toBe(1);
  write('t3');
  stack.set({ RETAIN_RELEASES: '2' });
  // What others have called alike.
  const foreign = [`${stack.name}/web:by-hand`, `${stack.name}-kept-too:1`];
  await Promise.all(foreign.map(importImage));
  const [first, second, third, fourth] = await Promise.all(['t1', 't2', 't3', 't4'].map(keptName));
  const before = await imageNames();
  const volumes = (await stack.leftovers()).filter((line) => line.startsWith('volume'));
  const containers = await stack.containers();

  const planned = await prune('--dry-run');
  expect(await imageNames()).toEqual(before);
  expect(await stack.containers()).toHaveLength(containers.length);
  const pruned = await prune();

  expect(planned.outcome).toBe('planned');
  expect(pruned.outcome).toBe('pruned');
  expect(pruned.things).toEqual(planned.things.map((thing) => ({ ...thing, outcome: 'removed' })));
  expect(pruned.freed).toBeGreaterThan(0);
  const gone = before.filter((name) => [`${stack.name}/web:t1`, `${stack.name}/web:t4`, first, fourth].includes(name));
  expect(gone).toHaveLength(4);
  expect(await imageNames()).toEqual(before.filter((name) => !gone.includes(name)));
  expect(await imageNames()).toEqual(expect.arrayContaining([second, third, ...foreign]));
  expect(await stack.containers('green')).toEqual([]);
  expect(await stack.running('blue')).toEqual(['web', 'worker']);
  expect(
    inJournal('ls')
      .match(/^release-.*$/gm)
      ?.map((name) => name.slice(0, 10)),
  ).toEqual(['release-t2', 'release-t3']);
  expect((await stack.leftovers()).filter((line) => line.startsWith('volume'))).toEqual(volumes);
  expect(await prune('--dry-run')).toMatchObject({ outcome: 'nothing-to-do', things: [] });
});

test('the release before is gone back to afterwards, although none of its containers is left; no request is lost', async () => {
  const { load } = await stack.underLoad(async () => {
    const { exitCode, stderr } = await stack.start('rollback', []).ended;
    expect(exitCode, stderr).toBe(0);
  });
  expectNothingLost(load);
  expect(await page()).toBe('this is t2');
  expect(await stack.running('green')).toEqual(['web', 'worker']);
});

test('history still tells all, the pruning included', async () => {
  expect((await history()).map(({ command, version }) => `${command} ${version}`.trim())).toEqual([
    'rollback t2',
    'prune',
    'deploy t4',
    'deploy t3',
    'deploy t2',
    'deploy t1',
  ]);
});

test('a journal whose old parts were shortened knows what was done once, and what can be gone back to', async () => {
  const parts = [1000, 1001, 1002, 1003];
  const filler = (token: number) => JSON.stringify({ kind: 'began', token, at: '2020-01-01T00:00:00.000Z', command: 'stop', version: '' });
  inJournal(`mv journal.jsonl journal-1.jsonl; ${parts.map((token) => `echo '${filler(token)}' > journal-${token}.jsonl`).join('; ')}`);
  const all = inJournal('wc -l < journal-1.jsonl');
  expect((await history()).map(({ command }) => command).slice(0, 5)).toEqual([...parts.map(() => 'stop'), 'rollback']);

  // A deploy that was cut off may need whatever there is.
  inJournal(`echo '${filler(2000).replace('stop', 'deploy')}' > journal-2000.jsonl`);
  const refused = await stack.start('prune', []).ended;
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('a deploy was cut off')]);
  inJournal('rm journal-2000.jsonl');

  const { things } = await prune();
  expect(things.map(({ kind, name }) => [kind, name])).toContainEqual(['journal', 'journal-1.jsonl']);
  const left = inJournal('cat journal-1.jsonl');
  expect(left.split('\n').length).toBeLessThan(Number(all) / 2);
  expect(left.match(/"kind":"release"/g)?.length).toBe(3);

  await deployed('t5');
  expect(await page()).toBe('this is t5');
  expect((await stack.fetch('/tally')).body.split('\n').filter((line) => line.startsWith('once'))).toHaveLength(1);
  expect((await stack.start('rollback', []).ended).exitCode).toBe(0);
  expect(await page()).toBe('this is t2');
});

test('a deploy itself removes the images that it has pushed out, but for what is somebody else’s as well', async () => {
  const t5 = await keptName('t5');
  // It went when t5 was deployed.
  expect(await imageNames()).not.toContain(`${stack.name}/web:t3`);
  await engine.getImage(`${stack.name}/web:t5`).tag({ repo: `${stack.name}-other-kept`, tag: '1' });
  await deployed('t6');
  const names = await imageNames();
  expect(names).not.toContain(t5);
  expect(names).toEqual(expect.arrayContaining([`${stack.name}/web:t5`, `${stack.name}-other-kept:1`, `${stack.name}/web:t2`]));
});
