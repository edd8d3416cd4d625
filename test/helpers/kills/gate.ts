import { rmSync } from 'node:fs';
import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline, Transform } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { JournalRecord } from '../../../scripts/lib/deploy/journal.js';
import { resolveEndpoint } from '../../../scripts/lib/engine/endpoint.js';

/** What a deployer says to its deck, as far as it matters when it is to be struck. */
export type Said = { about: 'record'; record: JournalRecord } | { about: 'ping' };

/** Who hears it. A promise that is rejected cuts the line. */
export interface Listener {
  /** Before the deck gets it; it gets it once the promise is resolved. */
  asked?: (said: Said) => Promise<unknown> | undefined;
  /** When the deck has done it; the deployer gets the answer once the promise is resolved. */
  answered?: (said: Said) => Promise<unknown> | undefined;
}

/** A door to the engine through which a deployer goes that is to be struck. */
export interface Gate {
  /** As DOCKER_HOST takes it. */
  host: string;
  /** Hears everything that is said from now on; there is one listener at a time. */
  listen: (listener: Listener) => void;
  close: () => Promise<void>;
}

/**
 * Passes everything on to the engine as it comes, and tells what a deployer writes to its journal before it is written: the
 * one way to strike between two records, and not some milliseconds later.
 *
 * @param folder where its socket is made
 */
export async function openGate(folder: string): Promise<Gate> {
  const path = join(folder, 'engine.sock');
  const sockets = new Set<Socket>();
  let listener: Listener = {};
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const engine = connect({ ...target(), allowHalfOpen: true });
    for (const socket of [client, engine]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
    pass(client, engine, () => listener);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    host: `unix://${path}`,
    listen: (one) => {
      listener = one;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(path, { force: true });
    },
  };
}

/** The engine that this process itself would use. */
function target(): NetConnectOpts {
  const { protocol, hostname, port, pathname } = new URL(resolveEndpoint().host);
  return protocol === 'unix:' ? { path: pathname } : { host: hostname, port: Number(port) };
}

/** How a line to a deck begins, see scripts/lib/engine/deck/protocol.ts. */
const QUESTION = /^\{"id":(\d+),"do":"(append|ping)"/;
const ANSWERS = /\{"id":(\d+),"ok":/g;
const ATTACH = /^POST \S*\/attach\?/;

function pass(client: Socket, engine: Socket, listener: () => Listener): void {
  const waiting = new Map<number, Said>();
  const cut = () => {
    client.destroy();
    engine.destroy();
  };
  pipeline(client, questions(waiting, listener), engine, (error) => error && cut());
  pipeline(engine, answers(waiting, listener), client, (error) => error && cut());
}

/** Everything passes as it is, but for the lines to a deck: they pass one by one, each once it has been heard. */
function questions(waiting: Map<number, Said>, listener: () => Listener): Transform {
  const decoder = new StringDecoder();
  let isAttached = false;
  let rest = '';
  const hear = async (line: string) => {
    const said = saidBy(line);
    if (!said) return;
    waiting.set(said.id, said);
    await listener().asked?.(said);
  };
  return new Transform({
    transform(chunk: Buffer, _, done) {
      isAttached ||= ATTACH.test(chunk.toString('latin1', 0, 200));
      if (!isAttached || (rest === '' && chunk[0] !== '{'.charCodeAt(0))) return done(null, chunk);
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      const each = async () => {
        for (const line of lines) {
          await hear(line);
          this.push(`${line}\n`);
        }
      };
      each().then(() => done(), done);
    },
  });
}

function saidBy(line: string): (Said & { id: number }) | undefined {
  const [, id, what] = QUESTION.exec(line) ?? [];
  if (id === undefined) return undefined;
  if (what === 'ping') return { id: Number(id), about: 'ping' };
  return { id: Number(id), about: 'record', record: (JSON.parse(line) as { record: JournalRecord }).record };
}

function answers(waiting: Map<number, Said>, listener: () => Listener): Transform {
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const said = waiting.size === 0 ? [] : [...chunk.toString('latin1').matchAll(ANSWERS)].map(([, id]) => Number(id));
      const each = async () => {
        for (const id of said) {
          const one = waiting.get(id);
          waiting.delete(id);
          if (one) await listener().answered?.(one);
        }
      };
      each().then(() => done(null, chunk), done);
    },
  });
}
