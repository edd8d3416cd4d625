import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fromRoot } from '../config/files.js';
import type { Config } from '../config/load.js';
import { run, tryRun } from '../engine/run.js';
import { UsageError } from '../errors.js';

/** Where a release's Compose files and build contexts come from. */
export interface Source {
  kind: 'git-tag' | 'working-tree';
  /** The commit; undefined outside git. A working tree with changes has `-dirty` behind it. */
  revision: string | undefined;
  /** When that commit was made, ISO 8601; undefined outside git and for a working tree with changes, which no commit is. */
  committed: string | undefined;
  /** The temporary worktree, if there is one. */
  folder?: string;
  /** Absolute paths, in merge order. */
  files: string[];
  /** Takes temporary files away. */
  remove: () => Promise<void>;
}

/**
 * Finds what to deploy: the git tag of that name, in a temporary worktree (its own Compose file is read, not today's), or
 * the working tree when there is no such tag.
 *
 * @param config the stack's configuration
 * @param version the version, checked
 * @throws UsageError when the tag does not have the Compose file
 */
export async function findSource(config: Config, version: string): Promise<Source> {
  const files = config.settings.APP_COMPOSE.map(fromRoot);
  const folder = dirname(files[0] as string);
  const top = await git(folder, 'rev-parse', '--show-toplevel');
  if (top === undefined) return { kind: 'working-tree', revision: undefined, committed: undefined, files, remove: async () => {} };

  const commit = await git(top, 'rev-parse', '--verify', '--quiet', `refs/tags/${version}^{commit}`);
  if (commit === undefined) return { kind: 'working-tree', ...(await headRevision(top)), files, remove: async () => {} };

  const outside = files.find((file) => relative(top, file).startsWith('..'));
  if (outside) throw new UsageError(`APP_COMPOSE: ${outside} is outside the repository ${top}, so the tag ${version} does not have it`);
  return worktree(
    top,
    version,
    commit,
    files.map((file) => relative(top, file)),
  );
}

async function worktree(top: string, version: string, commit: string, files: readonly string[]): Promise<Source> {
  const parent = await mkdtemp(join(tmpdir(), 'slipway-'));
  const folder = join(parent, 'tree');
  const committed = commitTime(top, commit);
  // Ctrl-C may end the process before it comes to that.
  const discard = () => rmSync(parent, { recursive: true, force: true });
  process.once('exit', discard);
  const remove = async () => {
    await tryRun(['git', '-C', top, 'worktree', 'remove', '--force', folder]);
    await rm(parent, { recursive: true, force: true });
    process.off('exit', discard);
  };
  try {
    // Worktrees that a killed deploy left in the temporary folder are forgotten first.
    await run(['git', '-C', top, 'worktree', 'prune']);
    await run(['git', '-C', top, 'worktree', 'add', '--detach', '--quiet', folder, commit]);
    const missing = files.filter((file) => !existsSync(join(folder, file)));
    if (missing.length > 0) {
      throw new UsageError(`the tag ${version} has no ${missing.join(', ')}`, {
        hints: ['a tag is deployed with its own Compose file: commit it and tag anew'],
      });
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return { kind: 'git-tag', revision: commit, committed: await committed, folder, files: files.map((file) => join(folder, file)), remove };
}

async function headRevision(top: string): Promise<Pick<Source, 'revision' | 'committed'>> {
  const [commit, changes, committed] = await Promise.all([
    git(top, 'rev-parse', '--verify', '--quiet', 'HEAD'),
    git(top, 'status', '--porcelain', '--untracked-files=no'),
    commitTime(top, 'HEAD'),
  ]);
  return changes ? { revision: commit && `${commit}-dirty`, committed: undefined } : { revision: commit, committed };
}

/** A person's log.showSignature would print a signature's check before the time. */
function commitTime(top: string, commit: string): Promise<string | undefined> {
  return git(top, 'show', '--no-show-signature', '-s', '--format=%cI', commit);
}

/** @returns what git printed; undefined when git refuses or is not there */
async function git(folder: string, ...command: string[]): Promise<string | undefined> {
  const result = await tryRun(['git', '-C', folder, ...command]);
  return result.exitCode === 0 ? result.stdout.trim() : undefined;
}
