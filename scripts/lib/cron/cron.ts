import { PassThrough, type Readable } from 'node:stream';
import type { RunEvent } from '../backup/run/event.js';
import type { SidecarLine } from '../backup/sidecar/protocol.js';
import type { Names } from '../config/names.js';
import type { Docker } from '../engine/docker.js';
import { exitCodes } from '../errors.js';
import { CronError } from './error.js';
import { type CronSession, openSession, type SpokenLine } from './session.js';

export { CronError } from './error.js';

export interface CronOptions {
  /** Told what goes on. */
  onEvent?: (event: RunEvent) => void;
  /** Aborting it ends the command inside the container too. */
  signal?: AbortSignal | undefined;
}

/** The one client of the cron container: its program, called through the engine. */
export class Cron {
  readonly #docker: Docker;
  readonly #container: string;

  /** @param container the id of the running container */
  constructor(docker: Docker, container: string) {
    this.#docker = docker;
    this.#container = container;
  }

  /**
   * @returns the cron container of a stack
   * @throws CronError (exit code 2) when it does not run
   */
  static async find(docker: Docker, names: Names): Promise<Cron> {
    const labels = [`com.docker.compose.project=${names.base}`, 'com.docker.compose.service=cron'];
    const [container] = await docker.containers(labels);
    if (container?.State === 'running') return new Cron(docker, container.Id);
    throw new CronError(container ? `the cron container is ${container.State}` : 'the stack has no cron container', {
      hints: ['start it with: npx zx scripts/base.mjs up'],
      exitCode: exitCodes.usage,
    });
  }

  /**
   * Runs a command.
   *
   * @param words the command and its arguments, as scripts/lib/backup/sidecar/commands.ts knows them; no secrets
   * @returns its result
   * @throws CronError with the command's own words and exit code
   */
  async call<Result>(words: readonly string[], { onEvent, signal }: CronOptions = {}): Promise<Result> {
    signal?.throwIfAborted();
    // The program ends when its standard input does: with this process, or when the signal says so.
    const stdin = new PassThrough();
    const stop = () => void stdin.end();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return await this.#run<Result>([...words, '--attached'], stdin, (line) => {
        if (line.event !== 'reply') onEvent?.(line);
      });
    } finally {
      signal?.removeEventListener('abort', stop);
      stdin.end();
    }
  }

  /** Runs a command that reads a stream to its end; otherwise like {@link Cron.call}. */
  async send<Result>(words: readonly string[], content: Readable): Promise<Result> {
    return this.#run<Result>(words, content, () => {});
  }

  /**
   * Starts a command that is asked question after question.
   *
   * @param words the command and its arguments
   */
  open<Question extends object, Result>(words: readonly string[], onEvent: (event: RunEvent) => void): CronSession<Question, Result> {
    return openSession<Question, Result>((stdin, onLine) => this.#run<Result>([...words, '--attached'], stdin, onLine), onEvent);
  }

  /** @returns what the command's last line says; the lines before it are handed to `onLine` */
  async #run<Result>(words: readonly string[], stdin: Readable, onLine: (line: SpokenLine) => void): Promise<Result> {
    let last: SidecarLine | undefined;
    const read = (line: string) => {
      if (!line.trim()) return;
      last = JSON.parse(line) as SidecarLine;
      if (last.event !== 'result' && last.event !== 'error') onLine(last);
    };
    const { exitCode, stderr } = await this.#docker.execStream(this.#container, ['backup', ...words], stdin, read);
    if (last?.event === 'result') return last.result as Result;
    if (last?.event === 'error') throw new CronError(last.error.message, last.error);
    throw new CronError(`backup ${words[0]} ended with exit code ${exitCode} and no result`, {
      details: stderr.split('\n').filter(Boolean).slice(-5),
      hints: ['137 means that it was killed, such as for want of memory: npx zx scripts/status.mjs'],
    });
  }
}
