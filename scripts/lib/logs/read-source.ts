import { type Docker, EngineError } from '../engine/docker.js';
import { isGone, type LogWindow, readLog } from '../engine/log-stream.js';
import type { LogLine, LogSource } from './source.js';

/** What reading the logs of a stack has at hand. */
export interface Reading {
  docker: Docker;
  /** Ends it without an error. */
  signal: AbortSignal;
  /** Told what keeps a log from being read, while the others go on. */
  warn: (text: string) => void;
}

/**
 * Reads one container's log. One that is removed meanwhile has ended; one that the engine does not give (its logging driver keeps
 * none) is told, and the others go on.
 */
export async function* linesOf({ docker, signal, warn }: Reading, source: LogSource, window: LogWindow): AsyncGenerator<LogLine[]> {
  try {
    for await (const lines of readLog(docker, source.id, window, signal)) yield lines.map((line) => ({ ...line, source }));
  } catch (error) {
    if (isGone(error)) return;
    // Without a status there was no answer: then it is the engine that is away.
    if (!(error instanceof EngineError) || error.status === undefined) throw error;
    warn(`${source.label}: ${error.message}`);
  }
}
