import { Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const GRACE_MS = 1_000;
// Longer than the 4 s after which the edge itself closes an idle connection: closing it here could meet a request that is
// just being sent on it.
const IDLE_MS = 5_000;
const SWEEP_MS = 100;

/**
 * Prepares a server for a polite end.
 * @param {import('node:http').Server} server not yet listening
 * @returns {(seconds: number) => Promise<boolean>} the drain: stops accepting, lets what is in
 *   flight end, and tells whether all of it did before the time was over
 */
export function drainable(server) {
  const sockets = new Set();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });

  return async (seconds) => {
    const start = performance.now();
    // No new connections from here on. (The HTTP server's own close() would end idle connections at once.)
    const closed = new Promise((resolve) => Server.prototype.close.call(server, () => resolve(true)));
    const sweep = setInterval(() => {
      const passed = performance.now() - start;
      if (passed > IDLE_MS) server.closeIdleConnections();
      // Opened in advance, and no request ever came.
      if (passed > GRACE_MS) for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    }, SWEEP_MS);

    const timer = new AbortController();
    const late = sleep(seconds * 1_000, false, { signal: timer.signal }).catch(() => false);
    const whole = await Promise.race([closed, late]);
    timer.abort();
    clearInterval(sweep);
    server.closeAllConnections();
    return whole;
  };
}
