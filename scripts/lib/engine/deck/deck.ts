import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type Dockerode from 'dockerode';
import { projectRoot } from '../../config/root.js';
import { type ArchiveFile, firstFileOf } from '../archive.js';
import type { Docker } from '../docker.js';
import { type Line, listen } from './line.js';
import { createDeck, type DeckOptions, firstLine, SECRETS_FOLDER } from './lock.js';
import { type Hello, JOURNAL_FOLDER, type ProbeRequest, type ProbeResponse, type Segment } from './protocol.js';

/** A request without its number, as {@link Deck.ask} takes it. */
type Question =
  | { do: 'append'; record: unknown }
  | { do: 'keep'; name: string; text: string }
  | { do: 'forget'; names: readonly string[] }
  | { do: 'probe'; request: ProbeRequest }
  | { do: 'ping' };

/** What runs in the deck, bundled. */
const PROGRAM = join(projectRoot, 'dist', 'deck', 'program.mjs');
/** A connection that is half open shows when a ping stays unanswered. */
const PING_MS = 5_000;
const PATIENCE_MS = 20_000;
/**
 * An answer that is older when it is read says nothing any more: this process may have been halted since, for as long as it
 * takes the lock to go to somebody else. It asks again, but not for ever: a line may be slow.
 */
const FRESH_MS = 1_000;
const TRIES = 3;
/** How long the deck may take to say its first word. */
const START_MS = 30_000;

/**
 * The helper container of one running operation: holding it is holding the stack's lock, it writes the journal and probes
 * from inside the networks. It is gone moments after its deployer is, however that ended.
 */
export class Deck {
  /** The operation's fencing token. */
  readonly token: number;
  /** The journal's last records when this operation began, oldest first. */
  readonly journal: readonly unknown[];
  /** The closed parts of the journal, oldest first. */
  readonly segments: readonly Segment[];
  readonly #docker: Docker;
  readonly #container: Dockerode.Container;
  readonly #stream: Duplex;
  readonly #waiting: Line['waiting'];
  readonly #pings: NodeJS.Timeout;
  readonly #lost: Line['lost'];
  readonly #networks: Set<string>;
  #closed: Promise<void> | undefined;
  #next = 1;

  private constructor(docker: Docker, container: Dockerode.Container, line: Line, hello: Hello, network: string | undefined) {
    this.token = hello.token;
    this.journal = hello.journal;
    this.segments = hello.segments;
    this.#docker = docker;
    this.#container = container;
    this.#stream = line.stream;
    this.#waiting = line.waiting;
    this.#lost = line.lost;
    this.#networks = new Set(network === undefined ? [] : [network]);
    this.#pings = setInterval(() => this.#ping(), PING_MS);
    this.#pings.unref();
  }

  /**
   * Takes the stack's lock.
   *
   * @throws LockedError (exit code 3) when another operation holds it, saying which, whose and since when
   */
  static async open(docker: Docker, options: DeckOptions): Promise<Deck> {
    const container = await createDeck(docker, options);
    try {
      const stream = await docker.call('attaching to the deck', () =>
        container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true }),
      );
      const line = listen(docker, stream as unknown as Duplex, options.names.volumes.journal);
      const [least, program] = await Promise.all([
        leastTokenOf(options),
        readFile(PROGRAM),
        docker.call('starting the deck', () => container.start()),
      ]);
      line.stream.write(firstLine(program, least));
      const late = setTimeout(() => line.stream.destroy(), START_MS);
      const hello = await line.hello.finally(() => clearTimeout(late));
      return new Deck(docker, container, line, hello, options.network);
    } catch (error) {
      await container.remove({ force: true, v: true }).catch(() => {});
      throw error;
    }
  }

  /**
   * Appends a record to the journal; it is on the disk when this resolves.
   *
   * @throws SlipwayError when the deck, and with it the lock, is gone
   */
  async append(record: unknown): Promise<void> {
    await this.#ask({ do: 'append', record });
  }

  /** Puts a file beside the journal; it is on the disk, whole, when this resolves. */
  async keep(name: string, text: string): Promise<void> {
    await this.#ask({ do: 'keep', name, text });
  }

  /** Removes files that {@link Deck.keep} has put there; those that are gone already are no error. */
  async forget(names: readonly string[]): Promise<void> {
    if (names.length > 0) await this.#ask({ do: 'forget', names });
  }

  /** @returns a file beside the journal; undefined when it is not there */
  async kept(name: string): Promise<string | undefined> {
    const archive = await this.#docker.archive(this.#container.id, `${JOURNAL_FOLDER}/${name}`);
    return archive && firstFileOf(archive);
  }

  /** Makes one HTTP request from inside the stack's networks. */
  async probe(request: ProbeRequest): Promise<ProbeResponse> {
    return (await this.#ask({ do: 'probe', request })) as ProbeResponse;
  }

  /** Joins a network, so that probes reach what is in it. Joining it twice changes nothing. */
  async join(network: string): Promise<void> {
    if (this.#networks.has(network)) return;
    this.#networks.add(network);
    await this.#docker.call(`joining ${network}`, () => this.#docker.api.getNetwork(network).connect({ Container: this.#container.id }));
  }

  /** Writes files into one of the secrets' volumes. */
  async writeSecrets(volume: string, files: readonly ArchiveFile[]): Promise<void> {
    await this.#docker.putFiles(this.#container.id, `${SECRETS_FOLDER}/${volume}`, files);
  }

  /** @returns a file of one of the secrets' volumes; undefined when it is not there */
  async readSecret(volume: string, file: string): Promise<string | undefined> {
    const archive = await this.#docker.archive(this.#container.id, `${SECRETS_FOLDER}/${volume}/${file}`);
    return archive && firstFileOf(archive);
  }

  /** @throws SlipwayError when the lock is lost: nothing may be changed any more */
  assertHeld(): void {
    if (this.#lost.reason) throw this.#lost.reason;
  }

  /**
   * Asks the deck whether it is still there. A deployer that was halted for a while finds out by the answer, and by nothing else,
   * that its lock has gone to somebody else; also when it was halted with an older answer in its hands.
   *
   * @throws SlipwayError when the lock is lost
   */
  async confirm(): Promise<void> {
    for (let tries = 1; tries <= TRIES; tries++) {
      const asked = Date.now();
      await this.#ask({ do: 'ping' });
      if (Date.now() - asked < FRESH_MS) return;
    }
  }

  /** Gives the lock back and waits until it is free. Closing twice changes nothing. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#pings);
    // 404: it is gone already.
    const gone = this.#container.wait({ condition: 'removed' }).catch(() => undefined);
    this.#stream.end();
    await gone;
  }

  /** Gives the line up when no answer comes: what it was used for then knows that the lock is lost. */
  #ping(): void {
    const late = setTimeout(() => this.#stream.destroy(), PATIENCE_MS);
    late.unref();
    this.#ask({ do: 'ping' })
      // A lost line tells everybody who waits; nobody waits for a ping.
      .catch(() => {})
      .finally(() => clearTimeout(late));
  }

  #ask(question: Question): Promise<ProbeResponse | null> {
    return new Promise((resolve, reject) => {
      if (this.#lost.reason) return reject(this.#lost.reason);
      const id = this.#next++;
      this.#waiting.set(id, { resolve, reject });
      this.#stream.write(`${JSON.stringify({ id, ...question })}\n`);
    });
  }
}

async function leastTokenOf({ leastToken = 0 }: DeckOptions): Promise<number> {
  return typeof leastToken === 'function' ? leastToken() : leastToken;
}
