import { connect, type Socket } from 'node:net';
import { AnswerError, readAnswer } from './answer.js';

/** How one request ended for its client. */
export interface Outcome {
  /** 0 when no answer came, or not a whole one. */
  status: number;
  /** The release that answered, as the edge names it. */
  release: string | undefined;
  /** Whether the connection had carried a request before. */
  reused: boolean;
  /** Why there was no answer. */
  error?: string;
}

/** How long a connection may say nothing (milliseconds) before its request counts as lost. */
const PATIENCE_MS = 30_000;

/**
 * One client's connection, a request at a time. It is opened when it is needed and never repeats a request. A socket of
 * its own instead of node:http: it knows whether a lost request had met a connection in use, and takes a third less of the
 * processor (100 µs a request against 142, measured), which on a small machine the measured side lacks.
 */
export class Connection {
  readonly #address: { host: string; port: number };
  #socket: Socket | undefined;
  #text = '';
  #settle: ((outcome: Pick<Outcome, 'status' | 'release' | 'error'>) => void) | undefined;

  constructor(address: { host: string; port: number }) {
    this.#address = address;
  }

  /** @param request the whole request, as it goes over the line */
  ask(request: Buffer): Promise<Outcome> {
    return new Promise((resolve) => {
      const reused = this.#socket !== undefined;
      this.#text = '';
      this.#settle = (how) => resolve({ ...how, reused });
      this.#socket ??= this.#open();
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #open(): Socket {
    const socket = connect({ ...this.#address, noDelay: true });
    socket.setEncoding('latin1');
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('no answer in time')));
    socket.on('data', (text: string) => this.#read(socket, text, false));
    socket.on('end', () => this.#read(socket, '', true));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#drop(socket, error.code ?? error.message));
    socket.on('close', () => this.#drop(socket, 'closed'));
    return socket;
  }

  #read(socket: Socket, text: string, ended: boolean): void {
    if (socket !== this.#socket) return;
    this.#text += text;
    try {
      // The server may close an idle connection; whatever it says on one is no answer.
      if (this.#settle === undefined) throw new AnswerError('came without a request');
      const answer = readAnswer(this.#text, ended);
      if (answer === undefined) return;
      if (!answer.keepsAlive || ended) this.#leave(socket);
      this.#end({ status: answer.status, release: answer.release });
    } catch (error) {
      this.#drop(socket, (error as Error).message);
    }
  }

  /** The server is the one to close: it has said so, and its side then keeps the port's memory of the connection. */
  #leave(socket: Socket): void {
    this.#socket = undefined;
    socket.end();
  }

  #drop(socket: Socket, why: string): void {
    socket.destroy();
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    this.#end({ status: 0, release: undefined, error: why });
  }

  #end(how: Pick<Outcome, 'status' | 'release' | 'error'>): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(how);
  }
}
