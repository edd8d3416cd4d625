import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../../scripts/lib/config/root.js';
import { filesUnder } from './listing.js';

const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8');
const scripts = filesUnder('scripts', '.mjs').map((path) => basename(path, '.mjs'));
const packageJson = JSON.parse(read('package.json')) as { scripts: Record<string, string>; engines: { node: string } };

describe.each(scripts)('scripts/%s.mjs', (name) => {
  const text = read(`scripts/${name}.mjs`);

  test('has at most 15 lines', () => {
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
  });

  test('calls main with its own name, once', () => {
    expect([...text.matchAll(/\bmain\('([^']*)'\)/g)].map((match) => match[1])).toEqual([name]);
  });

  test('can be run by zx', () => {
    expect(text.split('\n')[0]).toBe('#!/usr/bin/env zx');
  });

  test('is a command that main knows', () => {
    expect(existsSync(join(projectRoot, `scripts/lib/cli/commands/${name}.ts`))).toBe(true);
    expect(read('scripts/lib/cli/main.ts')).toContain(`import('./commands/${name}.js')`);
  });
});

test('every command has its script', () => {
  const commands = filesUnder('scripts/lib/cli/commands', '.ts').map((file) => basename(file, '.ts'));
  expect(commands).toEqual(scripts);
});

describe('package.json', () => {
  const named = Object.entries(packageJson.scripts).flatMap(([script, command]) =>
    [...command.matchAll(/[\w./-]+\.(?:mjs|json|ts)\b/g)].map((match) => [script, match[0]] as const),
  );

  test.each(named)('npm run %s names the file %s, which exists', (_, file) => {
    expect(existsSync(join(projectRoot, file))).toBe(true);
  });

  test('every npm script that another one runs exists', () => {
    const wanted = Object.values(packageJson.scripts).flatMap((command) =>
      [...command.matchAll(/npm run ([\w:]+)/g)].map((match) => match[1]),
    );
    expect(wanted.filter((script) => script !== undefined && !(script in packageJson.scripts))).toEqual([]);
  });

  test('asks for the Node that the code needs', () => {
    expect(packageJson.engines.node).toBe('>=20.19');
  });
});

describe('what a person is told to type', () => {
  const endings = ['.ts', '.mjs', '.yml', '.md', '.sh', '.conf'];
  const texts = [
    '.env.example',
    ...endings.flatMap((ending) => ['scripts', 'compose', 'nginx', 'infra'].flatMap((folder) => filesUnder(folder, ending))),
  ]
    .concat(['README.md', 'CONTRIBUTING.md'].filter((path) => existsSync(join(projectRoot, path))))
    .filter((path) => !path.includes('node_modules') && !path.startsWith('infra/sample/'))
    .map((path) => [path, read(path)] as const);

  test('names scripts that exist', () => {
    const unknown = texts.flatMap(([path, text]) =>
      [...text.matchAll(/\bscripts\/([a-z-]+)\.mjs/g)]
        .filter((match) => match[1] !== 'x' && !scripts.includes(match[1] ?? ''))
        .map((match) => `${path}: ${match[0]}`),
    );
    expect(unknown).toEqual([]);
  });

  test('names npm scripts that exist', () => {
    // "npm run bench:*" means all that begin so.
    const known = (script: string) =>
      Object.keys(packageJson.scripts).some((one) => one === script || (script.endsWith(':') && one.startsWith(script)));
    const unknown = texts.flatMap(([path, text]) =>
      [...text.matchAll(/\bnpm run ([a-z][a-z:-]*)/g)].filter((match) => !known(match[1] ?? '')).map((match) => `${path}: ${match[0]}`),
    );
    expect(unknown).toEqual([]);
  });
});
