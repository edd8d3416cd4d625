import { WebSocketServer } from 'ws';
import { build } from './settings.js';
import { stopping } from './stopping.js';

const PING_MS = 15_000;
const CLOSE_MS = 3_000;
const GOING_AWAY = 1001;

function sayGoodbye(socket) {
  socket.close(GOING_AWAY, 'restarting');
  setTimeout(() => socket.terminate(), CLOSE_MS).unref(); // for a peer that never answers the close
}

/** Echo over /api/ws. @param {import('node:http').Server} server */
export function attachWebSocket(server) {
  const sockets = new WebSocketServer({ server, path: '/api/ws', maxPayload: 64 * 1024 });

  sockets.on('connection', (socket) => {
    let alive = true;
    socket.on('error', () => socket.terminate());
    socket.on('pong', () => {
      alive = true;
    });
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));

    const pings = setInterval(() => {
      if (!alive) return socket.terminate();
      alive = false;
      socket.ping();
    }, PING_MS);
    socket.on('close', () => clearInterval(pings));

    socket.send(JSON.stringify({ type: 'hello', ...build }));
    if (stopping.aborted) sayGoodbye(socket);
  });

  stopping.addEventListener('abort', () => sockets.clients.forEach(sayGoodbye));
}
