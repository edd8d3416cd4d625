import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Config } from '../../../scripts/lib/config/load.js';
import { findSource } from '../../../scripts/lib/deploy/source.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-source-'));
  writeFileSync(join(folder, 'app.yml'), 'services: {}\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function git(...command: string[]): string {
  const settings = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', '-c', 'commit.gpgSign=false', '-c', 'tag.gpgSign=false'];
  return execFileSync('git', ['-C', folder, ...settings, ...command], { encoding: 'utf8', env: { ...process.env, ...dates } }).trim();
}
const dates = { GIT_AUTHOR_DATE: '2026-04-30T08:00:00+02:00', GIT_COMMITTER_DATE: '2026-05-01T10:00:00+02:00' };
const committed = '2026-05-01T10:00:00+02:00';

function commit(): string {
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '--message', 'one');
  return git('rev-parse', 'HEAD');
}

async function find(version: string) {
  const source = await findSource({ settings: { APP_COMPOSE: [join(folder, 'app.yml')] } } as Config, version);
  await source.remove();
  return source;
}

describe('when what is deployed was committed', () => {
  test.each([
    ['light', []],
    ['annotated', ['--annotate', '--message', 'the first']],
  ])('is known of a git tag, %s', async (_, flags) => {
    const revision = commit();
    git('tag', ...flags, 'v1');
    expect(await find('v1')).toMatchObject({ kind: 'git-tag', revision, committed });
  });

  test('is known of a working tree without changes', async () => {
    const revision = commit();
    expect(await find('v1')).toMatchObject({ kind: 'working-tree', revision, committed });
  });

  test('is not known of a working tree with changes, which no commit is', async () => {
    const revision = commit();
    writeFileSync(join(folder, 'app.yml'), 'services: { a: {} }\n');
    expect(await find('v1')).toMatchObject({ kind: 'working-tree', revision: `${revision}-dirty`, committed: undefined });
  });

  test('is known although git is set to show signatures', async () => {
    commit();
    git('config', 'log.showSignature', 'true');
    expect((await find('v1')).committed).toBe(committed);
  });

  test('is not known before the first commit, nor outside git', async () => {
    expect(await find('v1')).toMatchObject({ revision: undefined, committed: undefined });
    git('init', '--quiet');
    expect(await find('v1')).toMatchObject({ revision: undefined, committed: undefined });
  });
});
