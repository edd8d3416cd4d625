import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import WebSocket from 'ws';

/** What a client saw of a connection that stays open. */
export interface Seen {
  /** The releases that spoke on it, each once, in order. */
  versions: string[];
  /** How many messages came. */
  messages: number;
  /** The time of the last message, and of the end (performance.now(), milliseconds). */
  last: number;
  closed: number;
  /** How it ended. */
  end: string;
}

function newSeen(): Seen {
  return { versions: [], messages: 0, last: 0, closed: 0, end: '' };
}

/** Listens to server-sent events until the connection ends. */
export function listenToEvents(port: number): { opened: Promise<void>; ended: Promise<Seen>; close: () => void } {
  const seen = newSeen();
  const call = request({ host: '127.0.0.1', port, path: '/api/events', agent: false });
  let opened = () => {};
  const ended = new Promise<Seen>((resolve) => {
    const end = (how: string) => {
      seen.end ||= how;
      seen.closed ||= performance.now();
      resolve(seen);
    };
    call.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    call.on('response', (response) => {
      response.on('data', (chunk: Buffer) => {
        opened();
        for (const [, version] of String(chunk).matchAll(/"version":"([^"]+)"/g)) {
          seen.messages++;
          seen.last = performance.now();
          if (version && !seen.versions.includes(version)) seen.versions.push(version);
        }
      });
      response.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
      response.on('end', () => end('ended'));
    });
  });
  call.end();
  return { opened: new Promise((resolve) => (opened = resolve)), ended, close: () => call.destroy() };
}

/** Keeps a websocket open and has a text echoed every half second until the connection ends. */
export function talkOverWebSocket(port: number): { opened: Promise<void>; ended: Promise<Seen>; close: () => void } {
  const seen = newSeen();
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/ws`);
  let opened = () => {};
  let sent = 0;
  const talking = setInterval(() => {
    if (socket.readyState === WebSocket.OPEN) socket.send(`echo ${++sent}`);
  }, 500);
  const ended = new Promise<Seen>((resolve) => {
    socket.on('error', () => {}); // a close follows
    socket.on('message', (data) => {
      opened();
      const version = /"version":"([^"]+)"/.exec(String(data))?.[1];
      if (version) seen.versions.push(version);
      seen.messages++;
      seen.last = performance.now();
    });
    socket.on('close', (code, reason) => {
      clearInterval(talking);
      seen.end = `${code} ${reason}`.trim();
      seen.closed = performance.now();
      resolve(seen);
    });
  });
  return { opened: new Promise((resolve) => (opened = resolve)), ended, close: () => socket.close() };
}

/** Sends a body in small pieces, evenly over a time. */
export function uploadSlowly(port: number, milliseconds: number): Promise<{ status: number; version: string; bytes: number }> {
  const piece = randomBytes(16 * 1024);
  const pieces = Math.ceil(milliseconds / 250);
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': piece.length * pieces };
    const call = request({ host: '127.0.0.1', port, path: '/api/upload', method: 'POST', headers, agent: false });
    call.on('error', reject);
    call.on('response', async (response) => {
      let body = '';
      try {
        for await (const chunk of response) body += chunk;
        const { version, bytes } = JSON.parse(body) as { version: string; bytes: number };
        resolve({ status: response.statusCode ?? 0, version, bytes });
      } catch (cause) {
        reject(new Error(`answered ${response.statusCode}: ${body.slice(0, 80)}`, { cause }));
      }
    });
    let sent = 0;
    const timer = setInterval(() => {
      if (++sent < pieces) return void call.write(piece);
      clearInterval(timer);
      call.end(piece);
    }, 250);
    call.on('close', () => clearInterval(timer));
  });
}
