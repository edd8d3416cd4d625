import type Dockerode from 'dockerode';
import type { Names } from '../../config/names.js';
import { exitCodes, SlipwayError } from '../../errors.js';
import { type Docker, EngineError } from '../docker.js';
import { holderOf, operator } from './holder.js';
import { JOURNAL_FOLDER } from './protocol.js';

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
  /**
   * The edge's token: the operation's will be greater, even when the journal's volume was lost. A function is called once the lock
   * is taken, while the deck starts: whatever it looks at, nobody else changes any more.
   */
  leastToken?: number | (() => Promise<number>) | undefined;
}

/** A container that was made but never started: its maker died in between, or is just about to start it. */
const YOUNG_MS = 10_000;
/** Where the secrets' volumes are mounted in the deck, by volume. */
export const SECRETS_FOLDER = '/volumes';

/**
 * Takes the deck's program from the first line of standard input: {@link firstLine}. Copying it into the container first would take as
 * long as a third of its start.
 */
const BOOTSTRAP = `let text = '';
const late = setTimeout(() => process.exit(1), 30_000).unref();
process.stdin.setEncoding('utf8').on('data', function begin(chunk) {
  text += chunk;
  if (!text.includes('\\n')) return;
  clearTimeout(late);
  process.stdin.off('data', begin).pause();
  const { program, leastToken } = JSON.parse(text);
  process.argv = [process.argv[0], '', undefined, undefined, leastToken];
  import('data:text/javascript;base64,' + program);
});`;

/**
 * @param program JavaScript, a module that needs nothing but Node's own
 * @returns what the deck is to be told first
 */
export function firstLine(program: Buffer, leastToken: number): string {
  return `${JSON.stringify({ program: program.toString('base64'), leastToken: String(leastToken) })}\n`;
}

/** Creating the container under its fixed name is taking the lock: the engine refuses a second one with 409. */
export async function createDeck(docker: Docker, options: DeckOptions): Promise<Dockerode.Container> {
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
  const { journal, ...secrets } = names.volumes;
  return {
    name: names.deck,
    Image: image,
    Cmd: ['node', '--input-type=module', '--eval', BOOTSTRAP],
    Labels: {
      'dev.slipway.stack': names.base,
      'dev.slipway.deck': command,
      'dev.slipway.deck.by': `${operator()} (process ${process.pid})`,
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
        ...Object.values(secrets).map((volume) => ({
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
  const { command, by, since } = holderOf(labels);
  return new LockedError(`another operation holds the lock: ${command}, by ${by}, since ${since}`, [
    'wait until it has ended, or look at it with: npx zx scripts/status.mjs',
  ]);
}
