import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { SlipwayError } from '../errors.js';
import { exitCodeOf } from './exit-code.js';

/** How a program ended that had this process's own streams. */
export interface Attached {
  /** 128 and the signal's number when a signal ended it, as shells have it. */
  exitCode: number;
  /** Whether this process got a signal, and ended it. */
  interrupted: boolean;
  /** What it printed, where that was caught. */
  stdout: string;
  stderr: string;
}

export interface AttachedOptions {
  env: NodeJS.ProcessEnv;
  /** Catches what it prints instead of letting it through. */
  capture: boolean;
  /** Has it hear of a signal that this process gets; returns how to stop listening. */
  onInterrupt: (stop: () => void) => () => void;
}

/** A document that holds more than this (bytes) has to be held in memory several times over. */
const MOST = 16 * 1024 * 1024;

/**
 * Runs a program as if the person had typed it: it has the terminal, or whatever this process reads from and writes to.
 *
 * @param command the program and its arguments; no shell is between
 * @throws SlipwayError when there is no such program, or it printed more than can be caught
 */
export async function runAttached(
  [program, ...args]: readonly [string, ...string[]],
  { env, capture, onInterrupt }: AttachedOptions,
): Promise<Attached> {
  const out = capture ? 'pipe' : 'inherit';
  const child = spawn(program, args, { stdio: ['inherit', out, out], env });
  // A terminal's Ctrl-C reaches the program by itself; one that was sent to this process alone would not.
  let interrupted = false;
  const stopListening = onInterrupt(() => {
    interrupted = true;
    child.kill('SIGTERM');
  });
  const caught = Promise.all([gather(child, child.stdout), gather(child, child.stderr)]);
  caught.catch(() => {});
  try {
    const exitCode = await ended(program, child);
    const [stdout, stderr] = await caught;
    return { exitCode, interrupted, stdout, stderr };
  } finally {
    stopListening();
  }
}

async function ended(program: string, child: ChildProcess): Promise<number> {
  return exitCodeOf(child).catch((cause: unknown) => {
    throw new SlipwayError(`${program} cannot be started`, { cause, hints: ['type: npm run setup'] });
  });
}

async function gather(child: ChildProcess, stream: Readable | null): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream ?? []) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > MOST) {
      child.kill('SIGTERM');
      throw new SlipwayError(`it printed more than ${MOST / 1024 / 1024} MiB, which is too much for one JSON document`, {
        hints: ['leave --json out: what it prints is then passed on as it comes'],
      });
    }
  }
  return Buffer.concat(chunks).toString('utf8');
}
