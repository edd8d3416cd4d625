import WebSocket from 'ws';

export interface SocketReport {
  opened: number;
  /** Close codes, in order; 1006 is the edge ending the connection when the drain is over. */
  closes: number[];
  /** Milliseconds from each close until the next connection was open. */
  reconnects: number[];
  echoes: number;
}

/** How soon a client that was cut off tries again. */
const RETRY_MS = 100;

/** Holds a websocket open, says something each 200 ms, and connects again whenever it is closed. */
export function holdSocket(address: { host: string; port: number }, path: string): { stop: () => Promise<SocketReport> } {
  const report: SocketReport = { opened: 0, closes: [], reconnects: [], echoes: 0 };
  let stopped = false;
  let socket: WebSocket;
  let closedAt: number | undefined;
  const connect = () => {
    socket = new WebSocket(`ws://${address.host}:${address.port}${path}`);
    const speaking = setInterval(() => socket.readyState === WebSocket.OPEN && socket.send('still there?'), 200);
    socket.on('open', () => {
      report.opened++;
      if (closedAt !== undefined) report.reconnects.push(performance.now() - closedAt);
      closedAt = undefined;
    });
    socket.on('message', () => report.echoes++);
    // The close that follows tells the same.
    socket.on('error', () => {});
    socket.on('close', (code) => {
      clearInterval(speaking);
      if (stopped) return;
      if (closedAt === undefined) report.closes.push(code);
      closedAt ??= performance.now();
      setTimeout(connect, RETRY_MS);
    });
  };
  connect();
  return {
    stop: async () => {
      stopped = true;
      socket.close();
      return report;
    },
  };
}
