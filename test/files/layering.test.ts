import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../../scripts/lib/config/root.js';
import { filesUnder } from './listing.js';

const root = join(projectRoot, 'scripts/lib');

/** One import of one of our files by another, as paths below scripts/lib. */
interface Import {
  from: string;
  to: string;
  /** Types alone: nothing is loaded for it. */
  types: boolean;
}

const STATEMENT = /^(?:import|export)\b([^;'"]*?)\bfrom\s+'(\.[^']+)'|\bimport\(\s*'(\.[^']+)'\s*\)|^import\s+'(\.[^']+)'/gm;

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(STATEMENT)].map(([, names, ...paths]) => {
    const path = paths.find((one) => one !== undefined) ?? '';
    return { from: file, to: relative(root, join(root, dirname(file), path)).replace(/\.js$/, '.ts'), types: onlyTypes(names) };
  });
}

/** @param names what stands between `import` and `from`; undefined for other forms */
function onlyTypes(names: string | undefined): boolean {
  if (names === undefined) return false;
  const listed = /\{([^}]*)\}/
    .exec(names)?.[1]
    ?.split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  return /^\s*type\s/.test(names) || Boolean(listed?.every((name) => name.startsWith('type ')));
}

/** @returns the folder that a file belongs to; a file that stands right in scripts/lib is its own */
function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : path.replace(/\.ts$/, '');
}

const files = filesUnder('scripts/lib', '.ts').map((path) => relative(root, join(projectRoot, path)));
const imports = files.flatMap(importsOf);
const folders = [...new Set(files.map(folderOf))].sort();

/** What each of the lower folders may import; the folders that are named nowhere are the domains: deploy, setup, status, … */
const foundation: Record<string, readonly string[]> = {
  errors: [],
  webhook: ['errors'],
  config: ['errors'],
  engine: ['errors', 'config'],
  edge: ['errors', 'config', 'engine'],
  // What runs inside the cron container, and the deployer's client of it.
  backup: ['errors', 'config', 'webhook'],
  cron: ['errors', 'config', 'engine', 'backup'],
};
const domains = folders.filter((folder) => folder !== 'cli' && !(folder in foundation));

const say = ({ from, to }: Import) => `${from} imports ${to}`;
const leaving = (folder: string) => imports.filter(({ from, to }) => folderOf(from) === folder && folderOf(to) !== folder);
const violations = (folder: string, allowed: readonly string[]) =>
  leaving(folder)
    .filter(({ to }) => !allowed.includes(folderOf(to)))
    .map(say);

test('the parser of this test finds the imports of every kind', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(imports.every(({ to }) => files.includes(to))).toBe(true);
  expect(imports).toContainEqual({ from: 'cli/main.ts', to: 'cli/commands/deploy.ts', types: false });
  expect(imports).toContainEqual({ from: 'deploy/plan.ts', to: 'deploy/state.ts', types: true });
  expect(imports).toContainEqual({ from: 'deploy/plan.ts', to: 'config/names.ts', types: false });
});

describe('imports go one way: cli, then the domains, then engine, edge and config', () => {
  test.each(Object.entries(foundation))('%s imports nothing but %j', (folder, allowed) => {
    expect(folders).toContain(folder);
    expect(violations(folder, allowed)).toEqual([]);
  });

  test.each(domains)('%s imports nothing above it', (folder) => {
    expect(violations(folder, [...Object.keys(foundation), ...domains])).toEqual([]);
  });

  test('only cli imports cli', () => {
    expect(imports.filter(({ from, to }) => folderOf(to) === 'cli' && folderOf(from) !== 'cli').map(say)).toEqual([]);
  });

  test('the entry scripts import cli/main and nothing else of ours', () => {
    for (const script of filesUnder('scripts', '.mjs')) {
      const text = readFileSync(join(projectRoot, script), 'utf8');
      expect(
        [...text.matchAll(/from '(\.[^']+)'/g)].map((match) => match[1]),
        script,
      ).toEqual(['../dist/bin/main.mjs']);
    }
  });

  test('no two folders import each other, over however many others', () => {
    const next = (folder: string) => [...new Set(leaving(folder).map(({ to }) => folderOf(to)))];
    expect(folders.filter((folder) => reaches(folder, next))).toEqual([]);
  });
});

/** Domains that are made of others, and of which. */
const madeOf: Record<string, string[]> = {
  demo: ['deploy', 'load'],
  dev: ['deploy'],
  exec: ['deploy'],
  history: ['deploy'],
  logs: ['deploy'],
  restore: ['deploy'],
  status: ['deploy'],
};

test.each(domains)('%s imports no other domain than it is made of', (folder) => {
  expect(violations(folder, [...Object.keys(foundation), ...(madeOf[folder] ?? [])])).toEqual([]);
});

test('the deployer’s side loads nothing of what runs in the cron container but what is pure', () => {
  const pure = ['backup/set.ts', 'backup/cron-text.ts'];
  const loaded = imports.filter(({ from, to, types }) => folderOf(to) === 'backup' && folderOf(from) !== 'backup' && !types);
  expect(loaded.filter(({ to }) => !pure.includes(to)).map(say)).toEqual([]);
});

test('no file imports itself over others, types aside', () => {
  const next = (file: string) => imports.filter(({ from, types }) => from === file && !types).map(({ to }) => to);
  expect(files.filter((file) => reaches(file, next))).toEqual([]);
});

// cli looks for CI, TERM and NO_COLOR, the endpoint for DOCKER_HOST, and the demo hands its whole environment on.
test('what reads process.env outside config is known, and no more of it comes in', () => {
  const readers = files.filter((file) => folderOf(file) !== 'config' && /\bprocess\.env\b/.test(readFileSync(join(root, file), 'utf8')));
  expect(readers).toEqual(['cli/output.ts', 'cli/style.ts', 'demo/deploy-by-hand.ts', 'engine/endpoint.ts']);
});

/** @returns whether following `next` from a place leads back to it */
function reaches(start: string, next: (place: string) => readonly string[]): boolean {
  const seen = new Set<string>();
  const open = [...next(start)];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (place === start) return true;
    if (seen.has(place)) continue;
    seen.add(place);
    open.push(...next(place));
  }
  return false;
}
