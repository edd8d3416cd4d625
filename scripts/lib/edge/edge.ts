import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Names } from '../config/names.js';
import { type ArchiveFile, tarOf } from '../engine/archive.js';
import { type Docker, EngineError, type ExecResult } from '../engine/docker.js';
import { SlipwayError, type SlipwayErrorOptions } from '../errors.js';
import { ASSETS_MARK } from './asset-archive.js';
import { ASSETS } from './assets.js';
import { readMaintenance } from './gate.js';
import { type LiveSet, readLiveSet } from './live.js';
import type { Maintenance } from './maintenance.js';

/** What the edge's own script answered. */
export class EdgeError extends SlipwayError {
  /** The script's exit code. */
  readonly code: number;

  constructor(message: string, code: number, options: SlipwayErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The edge that runs is of an older image, which does not know the command. */
export class OlderEdgeError extends EdgeError {}

/** The script was killed, and so all of its container was: the edge has crashed, or was stopped. */
const KILLED = 137;
/** An edge that crashes is started again by the engine; a second time, after a while that doubles each time (milliseconds). */
const RESTART_MS = 15_000;
const POLL_MS = 100;

/** A cut that has happened: new requests go to the new set. Closing and opening are cuts as well. */
export interface Switched {
  /** Resolves when no worker that served the old set is left. */
  drained: Promise<void>;
}

/** The one client of the edge: its script in nginx/bin/edge, called through the engine. */
export class Edge {
  readonly #docker: Docker;
  readonly #container: string;

  /** @param container the id of the running edge */
  constructor(docker: Docker, container: string) {
    this.#docker = docker;
    this.#container = container;
  }

  /** @returns the edge container of the stack, running or not; undefined when there is none */
  static async find(docker: Docker, names: Names): Promise<Edge | undefined> {
    const labels = [`com.docker.compose.project=${names.base}`, 'com.docker.compose.service=edge'];
    const [container] = await docker.containers(labels);
    return container === undefined ? undefined : new Edge(docker, container.Id);
  }

  /** @returns what the edge was last told to serve; undefined before the first release */
  async live(): Promise<LiveSet | undefined> {
    return readLiveSet(this.#docker, this.#container);
  }

  /** Starts (or replaces) the second nginx that serves a set on the staging port. Live traffic is not touched. */
  async stage(token: number, set: readonly ArchiveFile[]): Promise<void> {
    await this.#call(['edge', 'stage', String(token)], await tarOf(set));
  }

  /** Stops what {@link Edge.stage} started. */
  async unstage(token: number): Promise<void> {
    const command = ['edge', 'unstage', String(token)];
    await this.#call(command).catch((error: unknown) => {
      if (!wasKilled(error)) throw error;
      // Nothing is staged any more; the token still has to be the edge's.
      return this.#call(command);
    });
  }

  /**
   * Makes a set the live one.
   *
   * @param onLeft told how many old workers still serve, whenever that changes
   * @returns once new requests go to the new set
   * @throws EdgeError when the token is too old or nginx refuses the set: nothing has changed then
   */
  async cut(token: number, set: readonly ArchiveFile[], onLeft?: (workers: number) => void): Promise<Switched> {
    return this.#switch(['edge', 'cut', String(token)], await tarOf(set), onLeft);
  }

  /** Makes the set before the live one live again; otherwise like {@link Edge.cut}. */
  async revert(token: number, onLeft?: (workers: number) => void): Promise<Switched> {
    return this.#switch(['edge', 'revert', String(token)], undefined, onLeft);
  }

  /**
   * Waits until no worker is left that serves an older set: nothing is under way there any more.
   *
   * @param limitMs after which nginx ends them (milliseconds): the time to wait where the edge cannot tell
   */
  async drained(limitMs: number): Promise<void> {
    try {
      await this.#call(['edge', 'drained']);
    } catch (error) {
      if (error instanceof OlderEdgeError) await delay(limitMs);
      else if (!wasKilled(error)) throw error;
    }
  }

  /** @returns how the edge turns the public away; undefined when there is no maintenance */
  async maintenance(): Promise<Maintenance | undefined> {
    return readMaintenance(this.#docker, this.#container);
  }

  /** Turns the public away as the gate says; otherwise like {@link Edge.cut}. */
  async close(token: number, gate: readonly ArchiveFile[], onLeft?: (workers: number) => void): Promise<Switched> {
    return this.#switch(['edge', 'close', String(token)], await tarOf(gate), onLeft);
  }

  /** Lets everybody in again; otherwise like {@link Edge.cut}. */
  async open(token: number, onLeft?: (workers: number) => void): Promise<Switched> {
    return this.#switch(['edge', 'open', String(token)], undefined, onLeft);
  }

  /** @returns whether the assets of a release are kept */
  async hasAssets(release: string): Promise<boolean> {
    return (await this.#docker.archive(this.#container, `${ASSETS}/releases/${release}/${ASSETS_MARK}`)) !== undefined;
  }

  /**
   * Keeps the assets of a release, and of other releases only those of `others`.
   *
   * @param archive what {@link packAssets} makes; it is read to its end, or destroyed
   * @throws the archive's own error; EdgeError when the token is too old or the files cannot be unpacked: then nothing of this
   * release is kept
   */
  async keepAssets(token: number, release: string, others: readonly string[], archive: AsyncIterable<Uint8Array>): Promise<void> {
    const failures: unknown[] = [];
    // An archive that fails just ends: the script finds that it is not whole, and has ended itself before the error is told.
    const whole = async function* () {
      try {
        yield* archive;
      } catch (error) {
        failures.push(error);
      }
    };
    const stdin = Readable.from(whole(), { objectMode: false });
    try {
      await this.#call(['edge', 'assets', String(token), release, ...others], stdin);
    } catch (error) {
      throw failures[0] ?? error;
    } finally {
      stdin.destroy();
    }
  }

  /** Forgets the assets of all releases but these; where none were ever kept, there is nothing to do. */
  async retainAssets(token: number, releases: readonly string[]): Promise<void> {
    if ((await this.#docker.archive(this.#container, `${ASSETS}/all`)) === undefined) return;
    await this.#call(['edge', 'retain', String(token), ...releases]);
  }

  async #call(command: string[], stdin?: Buffer | Readable, onLine?: (line: string) => void): Promise<void> {
    const input = Buffer.isBuffer(stdin) ? Readable.from([stdin]) : stdin;
    const { exitCode, stdout, stderr } = await this.#exec(command, input, onLine);
    if (exitCode === 0) return;
    const said = `${stderr}\n${stdout}`.split('\n').filter((line) => line.trim());
    const isOlder = exitCode === 64 && said.some((line) => line.startsWith('edge: unknown command'));
    const Thrown = isOlder ? OlderEdgeError : EdgeError;
    throw new Thrown(`${command.slice(0, 2).join(' ')} failed: ${said.at(-1) ?? `exit code ${exitCode}`}`, exitCode, {
      details: said.slice(-8),
      hints: isOlder ? ['the edge that runs is older than this command: npx zx scripts/base.mjs upgrade'] : [],
    });
  }

  /** Runs the script; while the engine is about to start a crashed edge again, it is waited for. */
  async #exec(command: string[], stdin?: Readable, onLine?: (line: string) => void): Promise<ExecResult> {
    for (const deadline = performance.now() + RESTART_MS; ; ) {
      try {
        return await this.#docker.execStream(this.#container, command, stdin, onLine);
      } catch (error) {
        // 409: it does not run, so the script has not been called.
        if (!(error instanceof EngineError) || error.status !== 409 || performance.now() > deadline) throw error;
        const state = (await this.#docker.inspect(this.#container))?.State;
        if (!state?.Restarting && !state?.Running) throw error;
        await delay(POLL_MS);
      }
    }
  }

  /**
   * The script says "switched" when the change has happened, then stays until the old workers are gone. Should the edge crash in
   * that time, they are: it comes back with what was made live.
   */
  #switch(command: string[], stdin: Buffer | undefined, onLeft?: (workers: number) => void): Promise<Switched> {
    return new Promise((resolve, reject) => {
      let hasSwitched = false;
      const drained = this.#call(command, stdin, (line) => {
        const [word, value] = line.split(' ');
        if (word === 'left') onLeft?.(Number(value));
        if (word !== 'switched') return;
        hasSwitched = true;
        resolve({ drained });
      }).catch((error: unknown) => {
        if (!hasSwitched || !wasKilled(error)) throw error;
      });
      drained.catch(reject);
    });
  }
}

function wasKilled(error: unknown): boolean {
  return error instanceof EdgeError && error.code === KILLED;
}
