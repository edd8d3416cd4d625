import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll } from 'vitest';

async function listening(server: Server): Promise<{ endpoint: string }> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** @returns a server that takes connections and never says a word */
export function silentServer(): Promise<{ endpoint: string }> {
  return listening(createServer(() => {}));
}

/** @returns a server that answers every request in the same way */
export function answeringServer(answer: (response: ServerResponse) => void): Promise<{ endpoint: string }> {
  return listening(createHttpServer((request, response) => void request.resume().on('end', () => answer(response))));
}
