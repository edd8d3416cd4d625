import { type ChildProcess, spawn } from 'node:child_process';
import { projectRoot } from '../../scripts/lib/config/root.js';
import { schema } from '../../scripts/lib/config/schema.js';

/** How a command ended. */
export interface Ended {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** The document on stdout, with --json. */
  json: Record<string, unknown>;
  milliseconds: number;
}

/** A command that is running. */
export interface Running {
  pid: number;
  /** Resolves when the output (both streams) has the pattern; rejects when the command ends without it. */
  says: (pattern: RegExp) => Promise<void>;
  kill: (signal: NodeJS.Signals) => void;
  ended: Promise<Ended>;
}

/**
 * Starts a command as a person would, in the project's folder.
 *
 * @param group gives it a process group of its own, all of which gets the signals, as from a terminal
 */
export function start(command: readonly [string, ...string[]], env: NodeJS.ProcessEnv = {}, { group = false } = {}): Running {
  const began = performance.now();
  const [program, ...rest] = command;
  const child: ChildProcess = spawn(program, rest, {
    cwd: projectRoot,
    env: { ...ownEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: group,
  });
  let stdout = '';
  let stderr = '';
  let over = false;
  const listeners = new Set<() => void>();
  const heard = () => {
    for (const listener of [...listeners]) listener();
  };
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk;
    heard();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk;
    heard();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => {
      over = true;
      heard();
      resolve({ exitCode, signal, stdout, stderr, json: parsed(stdout), milliseconds: performance.now() - began });
    });
  });
  return {
    pid: child.pid ?? 0,
    ended,
    kill: (signal) => void (group ? process.kill(-(child.pid ?? 0), signal) : child.kill(signal)),
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const listener = () => {
          const found = pattern.test(stdout) || pattern.test(stderr);
          if (!found && !over) return;
          listeners.delete(listener);
          if (found) resolve();
          else reject(new Error(`it ended without saying ${pattern}:\n${stdout}\n${stderr}`));
        };
        listeners.add(listener);
        listener();
      }),
  };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {}; // without --json there is none
  }
}

/** The person's environment: without what the test runner adds, and without keys of `.env` that this shell may have set. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const foreign = new Set(['FORCE_COLOR', 'NO_COLOR', 'NODE_ENV', 'NODE_OPTIONS', 'CI', 'TEST', 'MODE', 'DEV', 'PROD', 'SSR', 'BASE_URL']);
  const own = Object.entries(process.env).filter(([key]) => !foreign.has(key) && !key.startsWith('VITE') && !(key in schema.shape));
  return Object.fromEntries(own);
}

/** @returns whether there is a process of that id */
export function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
