import { setTimeout as sleep } from 'node:timers/promises';

const GRACE_MS = 1_000;
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
    const closed = new Promise((resolve) => server.close(() => resolve(true)));
    // close() ends the connections idle at that moment. These are the ones that become idle
    // later, and those opened in advance on which no request ever came, which count as busy.
    const sweep = setInterval(() => {
      server.closeIdleConnections();
      if (performance.now() - start < GRACE_MS) return;
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
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
