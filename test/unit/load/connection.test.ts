import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { Connection } from '../../../scripts/lib/load/connection.js';

const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
const ANSWER = 'HTTP/1.1 200 OK\r\nX-Release: v1\r\nContent-Length: 2\r\n\r\n{}';
const good = { status: 200, release: 'v1' };
const lost = (error: unknown) => ({ status: 0, release: undefined, error });

const servers: Server[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve)))));

async function listening(server: Server): Promise<{ host: string; port: number }> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

/** A server that does something of its own with each request; `nth` counts those of one connection from 1. */
const misbehaving = (act: (socket: Socket, nth: number) => void) =>
  listening(
    createServer((socket) => {
      let nth = 0;
      socket.on('error', () => {});
      socket.on('data', () => act(socket, ++nth));
    }),
  );

describe('a connection', () => {
  test('carries many requests, and says which were not its first', async () => {
    const connection = new Connection(await misbehaving((socket) => socket.write(ANSWER)));
    expect(await connection.ask(REQUEST)).toEqual({ ...good, reused: false });
    expect(await connection.ask(REQUEST)).toEqual({ ...good, reused: true });
    connection.close();
  });

  test('understands a real HTTP server, and opens another one after it said close', async () => {
    let connections = 0;
    const http = createHttpServer((_, response) => response.writeHead(201, { connection: 'close' }).end('a body in chunks'));
    http.on('connection', () => connections++);
    const connection = new Connection(await listening(http));
    for (let times = 0; times < 3; times++) {
      expect(await connection.ask(REQUEST)).toEqual({ status: 201, release: undefined, reused: false });
    }
    expect(connections).toBe(3);
    connection.close();
  });

  test('a request that meets an idle connection being closed is lost, and the next one is not', async () => {
    const connection = new Connection(await misbehaving((socket, nth) => (nth === 1 ? socket.write(ANSWER) : socket.destroy())));
    expect(await connection.ask(REQUEST)).toMatchObject(good);
    expect(await connection.ask(REQUEST)).toEqual({ ...lost('closed without an answer'), reused: true });
    expect(await connection.ask(REQUEST)).toEqual({ ...good, reused: false });
    connection.close();
  });

  test('one that the server closed in between is opened anew, and nothing is lost', async () => {
    let closed = Promise.resolve();
    const connection = new Connection(
      await misbehaving((socket) => {
        closed = new Promise((resolve) => socket.once('close', () => resolve()));
        socket.end(ANSWER);
      }),
    );
    expect(await connection.ask(REQUEST)).toMatchObject(good);
    await closed;
    expect(await connection.ask(REQUEST)).toEqual({ ...good, reused: false });
    connection.close();
  });

  test.each([
    ['half an answer', (socket: Socket) => void socket.end(ANSWER.slice(0, -1)), 'the answer was cut short'],
    ['a reset', (socket: Socket) => void socket.resetAndDestroy(), 'ECONNRESET'],
    ['something else than HTTP', (socket: Socket) => void socket.write('hello\r\n\r\n'), 'what came is not HTTP/1'],
  ])('%s counts as lost', async (_, act, error) => {
    const connection = new Connection(await misbehaving(act));
    expect(await connection.ask(REQUEST)).toEqual({ ...lost(error), reused: false });
    connection.close();
  });

  test('a port where nobody listens counts as lost', async () => {
    const server = createServer();
    const address = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    servers.splice(0);
    expect(await new Connection(address).ask(REQUEST)).toEqual({ ...lost('ECONNREFUSED'), reused: false });
  });

  test('what comes without a request is no answer to the next one', async () => {
    const sockets: Socket[] = [];
    const connection = new Connection(
      await misbehaving((socket) => {
        sockets.push(socket);
        socket.write(ANSWER);
      }),
    );
    expect(await connection.ask(REQUEST)).toMatchObject(good);
    const left = new Promise((resolve) => sockets[0]?.once('close', resolve));
    sockets[0]?.write('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n');
    await left;
    expect(await connection.ask(REQUEST)).toEqual({ ...good, reused: false });
    connection.close();
  });
});
