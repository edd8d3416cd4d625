import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../../scripts/lib/config/root.js';

const script = readFileSync(join(projectRoot, 'infra/jobs/runner.sh'), 'utf8');

/** Shells that images have as /bin/sh; those that this machine does not have are left out. */
export const shells = (
  [
    ['dash', ['dash']],
    ['busybox', ['busybox', 'sh']],
    ['bash', ['bash', '--posix']],
  ] as const
).filter(([name]) => has(name));

function has(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // the shell says so by its exit code
  }
}

export interface Folders {
  root: string;
  snapshot: string;
  due: string;
  results: string;
}

/** @returns the folders in which cron and runners leave word for each other, and the one of the last deploy */
export function makeFolders(): Folders {
  const root = mkdtempSync(join(tmpdir(), 'slipway-jobs-'));
  const folders = { root, snapshot: join(root, 'snapshot'), due: join(root, 'due'), results: join(root, 'results') };
  for (const folder of [folders.snapshot, folders.due, folders.results]) mkdirSync(folder);
  return folders;
}

export function removeFolders({ root }: Folders): void {
  rmSync(root, { recursive: true, force: true });
}

export function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** Tells a runner what cron would. */
export function makeDue({ due }: Folders, job: string, run: string): void {
  writeWhole(join(due, `${job}.due`), `${run}\n`);
}

/** @returns a file's text without its line end; undefined when there is none */
export function textOf(...path: string[]): string | undefined {
  try {
    return readFileSync(join(...path), 'utf8').trimEnd();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Waits until something is true of a folder's files; it is looked at when one of them changes. */
export async function until(folder: string, isTrue: () => boolean): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const watcher = watch(folder);
    const look = () => {
      if (!isTrue()) return;
      watcher.close();
      resolve();
    };
    watcher.on('change', look);
    watcher.on('error', reject);
    look();
  });
}

/** Waits until a job's last run is this one. @returns how it ended, and the exit code */
export async function ended({ results }: Folders, job: string, run: string): Promise<string> {
  const result = () => textOf(results, `${job}.done`)?.split(' ') ?? [];
  await until(results, () => result()[0] === run && textOf(results, `${job}.running`) === undefined);
  return result().slice(1, 3).join(' ');
}

/** A runner as its container would start it. */
export interface Runner {
  readonly pid: number;
  output: () => string;
  says: (pattern: RegExp) => Promise<void>;
  kill: (signal: NodeJS.Signals) => void;
  /** The shell itself has ended, and with it the container would. */
  exited: Promise<void>;
  /** Nothing that it began can write any more. */
  ended: Promise<void>;
}

/**
 * @param jobs commands by the jobs' names
 * @param patience seconds
 */
export function startRunner(
  [program, ...words]: readonly [string, ...string[]],
  { due, results }: Folders,
  jobs: Readonly<Record<string, readonly string[]>>,
  { patience = 0, umask }: { patience?: number; umask?: string } = {},
): Runner {
  const declared = Object.entries(jobs).flatMap(([name, command]) => [name, String(command.length), ...command]);
  const text = umask === undefined ? script : `umask ${umask}\n${script}`;
  const args = [...words, '-c', text, 'jobs', due, results, String(patience), ...declared];
  // A process group of its own, as in a container.
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const listeners = new Set<() => void>();
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk;
      for (const listener of [...listeners]) listener();
    });
  }
  const pid = child.pid ?? 0;
  return {
    pid,
    output: () => output,
    says: (pattern) =>
      new Promise((resolve) => {
        const listener = () => {
          if (!pattern.test(output)) return;
          listeners.delete(listener);
          resolve();
        };
        listeners.add(listener);
        listener();
      }),
    kill: (signal) => void child.kill(signal),
    exited: new Promise((resolve) => void child.once('exit', () => resolve())),
    ended: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', () => resolve());
    }),
  };
}

/** Ends a runner with everything that it began, as the engine does when the grace period is over. */
export async function killAll(runner: Runner): Promise<void> {
  try {
    process.kill(-runner.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  await runner.ended;
}
