import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { type Duplex, PassThrough } from 'node:stream';
import type Dockerode from 'dockerode';
import type { Names } from '../../config/names.js';
import { exitCodes, SlipwayError } from '../../errors.js';
import { type ArchiveFile, type Docker, EngineError } from '../docker.js';
import { type DeckReply, type Hello, JOURNAL_FOLDER, type ProbeRequest, type ProbeResponse } from './protocol.js';

/** A request without its number, as {@link Deck.ask} takes it. */
type Question = { do: 'append'; record: unknown } | { do: 'probe'; request: ProbeRequest } | { do: 'ping' };

/** Another operation holds the stack's lock. */
export class LockedError extends SlipwayError {
  constructor(message: string, hints: readonly string[]) {
    super(message, { hints, exitCode: exitCodes.locked });
  }
}

export interface DeckOptions {
  names: Names;
  /** The stack's Node image. */
  image: string;
  /** What this operation is, as a person would type it: stands in the lock's labels. */
  command: string;
  /** A network to begin in, when it exists already; joining one later takes longer. */
  network?: string | undefined;
}

/** A container that was made but never started: its maker died in between, or is just about to start it. */
const YOUNG_MS = 10_000;
const PING_MS = 5_000;
/** Where the secrets' volumes are mounted in the deck, by volume. */
const SECRETS_FOLDER = '/volumes';

/**
 * The helper container of one running operation: holding it is holding the stack's lock, it writes the journal and probes
 * from inside the networks. It is gone moments after its deployer is, however that ended.
 */
export class Deck {
  /** The operation's fencing token. */
  readonly token: number;
  /** The journal's last records when this operation began, oldest first. */
  readonly journal: readonly unknown[];
  readonly #docker: Docker;
  readonly #container: Dockerode.Container;
  readonly #stream: Duplex;
  readonly #waiting: Map<number, { resolve: (result: ProbeResponse | null) => void; reject: (error: Error) => void }>;
  readonly #pings: NodeJS.Timeout;
  readonly #lost: { reason?: SlipwayError };
  readonly #networks: Set<string>;
  #closed: Promise<void> | undefined;
  #next = 1;

  private constructor(docker: Docker, container: Dockerode.Container, line: Line, hello: Hello, network: string | undefined) {
    this.token = hello.token;
    this.journal = hello.journal;
    this.#docker = docker;
    this.#container = container;
    this.#stream = line.stream;
    this.#waiting = line.waiting;
    this.#lost = line.lost;
    this.#networks = new Set(network === undefined ? [] : [network]);
    this.#pings = setInterval(() => this.#ask({ do: 'ping' }).catch(() => {}), PING_MS);
    this.#pings.unref();
  }

  /**
   * Takes the stack's lock.
   *
   * @throws LockedError (exit code 3) when another operation holds it, saying which, whose and since when
   */
  static async open(docker: Docker, options: DeckOptions): Promise<Deck> {
    const container = await create(docker, options);
    try {
      const [, stream] = await Promise.all([
        docker.putFiles(container.id, '/', program()),
        docker.call('attaching to the deck', () =>
          container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true }),
        ),
      ]);
      const line = listen(docker, stream as unknown as Duplex);
      await docker.call('starting the deck', () => container.start());
      return new Deck(docker, container, line, await line.hello, options.network);
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

  /** @throws SlipwayError when the lock is lost: nothing may be changed any more */
  assertHeld(): void {
    if (this.#lost.reason) throw this.#lost.reason;
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

  #ask(question: Question): Promise<ProbeResponse | null> {
    return new Promise((resolve, reject) => {
      if (this.#lost.reason) return reject(this.#lost.reason);
      const id = this.#next++;
      this.#waiting.set(id, { resolve, reject });
      this.#stream.write(`${JSON.stringify({ id, ...question })}\n`);
    });
  }
}

interface Line {
  stream: Duplex;
  hello: Promise<Hello>;
  waiting: Map<number, { resolve: (result: ProbeResponse | null) => void; reject: (error: Error) => void }>;
  lost: { reason?: SlipwayError };
}

/** Reads the deck's replies and hands each to whoever waits for it. */
function listen(docker: Docker, stream: Duplex): Line {
  const out = new PassThrough();
  const err = new PassThrough();
  docker.api.modem.demuxStream(stream, out, err);
  const waiting: Line['waiting'] = new Map();
  const lost: Line['lost'] = {};
  let complaints = '';
  err.on('data', (chunk) => {
    complaints += chunk;
  });
  const hello = new Promise<Hello>((resolve, reject) => {
    let rest = '';
    out.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const reply = JSON.parse(line) as DeckReply;
        if (reply.id === 0 && reply.ok) resolve(reply.result as Hello);
        const asker = waiting.get(reply.id);
        waiting.delete(reply.id);
        if (reply.ok) asker?.resolve(reply.result as ProbeResponse | null);
        else asker?.reject(new SlipwayError(`the deck could not do what was asked: ${reply.error}`));
      }
    });
    const ended = () => {
      lost.reason ??= new SlipwayError('the lock is lost: this operation\'s helper container ("deck") is gone', {
        details: complaints.split('\n').filter(Boolean).slice(-5),
        hints: ['type: npx zx scripts/status.mjs   to see what is live'],
        exitCode: exitCodes.attention,
      });
      reject(lost.reason);
      for (const { reject: refuse } of waiting.values()) refuse(lost.reason);
      waiting.clear();
    };
    stream.once('end', ended);
    stream.once('close', ended);
    stream.once('error', ended);
  });
  hello.catch(() => {});
  return { stream, hello, waiting, lost };
}

/** Creating the container under its fixed name is taking the lock: the engine refuses a second one with 409. */
async function create(docker: Docker, options: DeckOptions): Promise<Dockerode.Container> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await docker.call('taking the lock', () => docker.api.createContainer(describe(options)));
    } catch (error) {
      if (!(error instanceof EngineError) || error.status !== 409) throw error;
      const removed = await removeAbandoned(docker, options.names.deck);
      if (!removed || attempt >= 3) throw await locked(docker, options.names.deck);
    }
  }
}

function describe({ names, image, command, network }: DeckOptions): Dockerode.ContainerCreateOptions {
  const { journal, secretsApp, secretsPostgres, secretsRedis } = names.volumes;
  return {
    name: names.deck,
    Image: image,
    // Plain JavaScript as it was compiled, copied in before the start.
    Cmd: ['node', '/deck/program.js'],
    Labels: {
      'dev.slipway.stack': names.base,
      'dev.slipway.deck': command,
      'dev.slipway.deck.by': `${userInfo().username}@${hostname()} (process ${process.pid})`,
      'dev.slipway.deck.since': new Date().toISOString(),
    },
    // Root without any capability: it only has to write to volumes that root owns.
    User: '0:0',
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      ...(network === undefined ? {} : { NetworkMode: network }),
      AutoRemove: true,
      Init: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      Memory: 256 * 1024 * 1024,
      PidsLimit: 64,
      LogConfig: { Type: 'none', Config: {} },
      Mounts: [
        { Type: 'volume', Source: journal, Target: JOURNAL_FOLDER },
        ...[secretsApp, secretsPostgres, secretsRedis].map((volume) => ({
          Type: 'volume' as const,
          Source: volume,
          Target: `${SECRETS_FOLDER}/${volume}`,
          VolumeOptions: { NoCopy: true, Labels: { 'dev.slipway.stack': names.base }, DriverConfig: { Name: 'local', Options: {} } },
        })),
      ],
    },
  };
}

/** @returns whether a deck that nobody runs was taken away */
async function removeAbandoned(docker: Docker, name: string): Promise<boolean> {
  const found = await docker.inspect(name);
  if (!found) return true;
  const age = Date.now() - Date.parse(found.Created);
  if (found.State.Running || (found.State.Status === 'created' && age < YOUNG_MS)) return false;
  try {
    await docker.api.getContainer(found.Id).remove({ force: true });
  } catch (error) {
    const { statusCode } = error as { statusCode?: number };
    // 404: somebody else took it away. 409: its own removal is under way.
    if (statusCode !== 404 && statusCode !== 409) throw new EngineError(`removing the abandoned ${name}`, error);
  }
  return true;
}

async function locked(docker: Docker, name: string): Promise<LockedError> {
  const labels = (await docker.inspect(name))?.Config.Labels;
  if (!labels) return new LockedError('another operation has just ended', ['try again']);
  const [what, by, since] = ['', '.by', '.since'].map((part) => labels[`dev.slipway.deck${part}`] ?? 'unknown');
  return new LockedError(`another operation holds the lock: ${what}, by ${by}, since ${since}`, [
    'wait until it has ended, or look at it with: npx zx scripts/status.mjs',
  ]);
}

function program(): ArchiveFile[] {
  return [
    { path: 'deck/program.js', content: readFileSync(new URL('./program.js', import.meta.url)) },
    { path: 'deck/package.json', content: '{"type":"module"}' },
  ];
}
