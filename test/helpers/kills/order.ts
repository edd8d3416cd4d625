import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { JournalRecord } from '../../../scripts/lib/deploy/journal.js';
import { parseJournal } from '../../../scripts/lib/deploy/journal.js';
import { keptName } from '../../../scripts/lib/deploy/releases/kept-release.js';
import { releasesOf, retained } from '../../../scripts/lib/deploy/releases/releases.js';
import type { LiveSet } from '../../../scripts/lib/edge/live.js';
import { edgePorts } from '../../../scripts/lib/edge/target.js';
import type { Status } from '../../../scripts/lib/status/status.js';
import { engine } from '../leftovers.js';
import type { Stack } from '../stack.js';

/** What a stack has when nothing is under way, whatever release is live. */
export interface Usual {
  /** The services of a whole colour, one entry a container. */
  services: readonly string[];
  /** Those of them that a warm colour keeps. */
  web: readonly string[];
  networks: readonly string[];
  volumes: readonly string[];
  retain: number;
}

/** @returns what the stack has now, as the measure for later */
export async function usualOf(stack: Stack, retain: number): Promise<Usual> {
  const [{ colour }, { networks, volumes }] = await Promise.all([stack.live(), thingsOf(stack)]);
  const containers = await stack.containers(colour as 'blue');
  const named = (all: typeof containers) => all.map(({ Labels }) => Labels['com.docker.compose.service'] ?? '').sort();
  return {
    services: named(containers),
    web: named(containers.filter(({ Labels }) => Labels['dev.slipway.role'] === 'web')),
    networks,
    volumes,
    retain,
  };
}

async function thingsOf(stack: Stack): Promise<{ networks: string[]; volumes: string[] }> {
  const all = await stack.leftovers();
  const of = (kind: string) => all.filter((one) => one.startsWith(`${kind} `)).map((one) => one.slice(kind.length + 1));
  return { networks: of('network'), volumes: of('volume') };
}

/** What has to be true once everything is in order. */
export interface Order {
  version: string;
  /** The other colour may keep its web services. */
  warm: boolean;
  /** A release was recorded last: then what is too old, or was refused, is forgotten as well. */
  tidy: boolean;
}

/** @returns what is not in order, a line each: what is live, what runs, what `status` says, what is left over */
export async function disorder(stack: Stack, usual: Usual, order: Order): Promise<string[]> {
  const { json, exitCode, stderr } = await stack.start('status', []).ended;
  if (exitCode !== 0) return [`status: exit code ${exitCode}: ${stderr}`];
  const status = json as unknown as Status;
  const found = await Promise.all([
    live(stack, status.live, order.version),
    running(stack, status.live, usual, order.warm),
    temporary(stack),
    things(stack, usual),
    staging(stack, order.tidy),
  ]);
  const [last] = status.operations;
  return [
    ...found.flat(),
    // Later than the others: it looks through a container of its own.
    ...(order.tidy ? await remembered(stack, usual.retain) : []),
    ...status.problems.map((problem) => `status: ${problem}`),
    ...(status.running ? [`status: ${status.running.command} runs`] : []),
    ...(last?.outcome === undefined ? [`status: ${last?.command} ${last?.version} has no end`] : []),
  ];
}

/** How many fresh connections are asked: an old worker of the edge may still take one. */
const FRESH = 5;

async function live(stack: Stack, set: LiveSet | undefined, version: string): Promise<string[]> {
  const answers = await Promise.all(Array.from({ length: FRESH }, () => stack.live()));
  const served = [...new Set(answers.map(({ release, colour }) => `${release} (${colour})`))].join(', ');
  const wanted = `${version} (${set?.colour})`;
  return served === wanted && set?.version === version ? [] : [`${served} is served, status says ${set?.version}, it should be ${version}`];
}

async function running(stack: Stack, set: LiveSet | undefined, usual: Usual, warm: boolean): Promise<string[]> {
  if (!set) return ['no release is live'];
  const [own, others] = await Promise.all([stack.running(set.colour), stack.running(set.colour === 'blue' ? 'green' : 'blue')]);
  const allowed = others.length === 0 || (warm && others.join() === usual.web.join());
  return [
    ...(own.join() === usual.services.join() ? [] : [`of ${set.colour}, which is live, there run ${own.join(', ') || 'none'}`]),
    ...(allowed ? [] : [`of the other colour there run ${others.join(', ')}`]),
  ];
}

/** One-off containers, a deck, those that were made to look at the journal. */
async function temporary(stack: Stack): Promise<string[]> {
  const [own, readers] = await Promise.all([
    stack.containers(),
    engine.listContainers({ all: true, filters: { volume: [`${stack.name}-journal`] } }),
  ]);
  const once = own.filter(({ Labels }) => Labels['com.docker.compose.oneoff'] === 'True' || 'dev.slipway.deck' in Labels);
  return [...new Set([...once, ...readers].map(({ Names, State }) => `container ${Names[0]} (${State}) is left`))];
}

async function things(stack: Stack, usual: Usual): Promise<string[]> {
  const { networks, volumes } = await thingsOf(stack);
  const differs = (what: string, now: readonly string[], then: readonly string[]) =>
    now.join() === then.join() ? [] : [`${what}: ${now.join(', ')}; before: ${then.join(', ')}`];
  return [...differs('networks', networks, usual.networks), ...differs('volumes', volumes, usual.volumes)];
}

/** Nothing listens on the staging port; after a cut the edge keeps no more sets than the live one and the one before. */
async function staging(stack: Stack, tidy: boolean): Promise<string[]> {
  const { id } = await stack.container('', 'edge');
  const port = edgePorts.staging.toString(16).toUpperCase().padStart(4, '0');
  const script = `cat /proc/net/tcp | awk '$4 == "0A" { print "port", $2 }'; cd /var/lib/edge; ls -d staging sets/* 2>/dev/null`;
  const lines = (await docker('exec', id, 'sh', '-c', `${script}; true`)).split('\n');
  const sets = lines.filter((line) => line.startsWith('sets/'));
  return [
    ...(lines.some((line) => line.startsWith('port') && line.endsWith(`:${port}`)) ? ['something answers on the staging port'] : []),
    ...(lines.includes('staging') ? ['a set is staged'] : []),
    ...(tidy && sets.length > 2 ? [`the edge keeps ${sets.length} sets`] : []),
  ];
}

/**
 * The names of images and the files beside the journal are those of the kept releases, and no more. What was gone back from is stopped
 * and not removed, so that its images are still used.
 */
async function remembered(stack: Stack, retain: number): Promise<string[]> {
  const { journal, files } = await readJournalFolder(stack);
  const releases = releasesOf(journal);
  const kept = retained(releases, retain);
  const images = releases.filter(({ release }) => kept.includes(release)).flatMap((record) => record.images);
  const used = (await stack.containers()).map(({ ImageID }) => ImageID);
  const names = new Set([...images.map(({ id }) => id), ...used].map((id) => keptName(stack.name, id)));
  const tags = (await engine.listImages({ filters: { reference: [`${stack.name}-kept`] } })).flatMap(({ RepoTags }) => RepoTags ?? []);
  const wanted = ['journal.jsonl', 'token', ...kept.map((release) => `release-${release}.json`)];
  return [
    ...tags.filter((tag) => tag.startsWith(`${stack.name}-kept:`) && !names.has(tag)).map((tag) => `the name ${tag} is of no kept release`),
    ...files.filter((file) => !wanted.includes(file)).map((file) => `${file} lies beside the journal`),
  ];
}

/** Through a container of its own: reading takes no lock. */
async function readJournalFolder(stack: Stack): Promise<{ journal: JournalRecord[]; files: string[] }> {
  const mount = `${stack.name}-journal:/journal:ro`;
  const script = 'ls /journal; echo; cat /journal/journal.jsonl';
  const text = await docker('run', '--rm', '--network=none', '--volume', mount, stack.values.NODE_IMAGE ?? 'node', 'sh', '-c', script);
  const at = text.indexOf('\n\n');
  return { files: text.slice(0, at).split('\n'), journal: parseJournal(text.slice(at + 2)) };
}

/** Not in one go: the load would stand still. */
async function docker(...words: string[]): Promise<string> {
  return (await promisify(execFile)('docker', words, { maxBuffer: 1 << 26 })).stdout;
}
