import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A web service and a worker with nothing of the sample app: what a deploy itself does shows best on something small. */
const COMPOSE = `services:
  web:
    image: "\${STACK}/web:\${VERSION}"
    build: { context: ., args: { NODE_IMAGE: "\${NODE_IMAGE}" } }
    init: true
    networks: [app]
    environment: { TALLY: /tally }
    volumes: ["tally:/tally"]
    x-slipway:
      role: web
      port: 3000
      route: { path: / }
WEB_EXTRA
  worker:
    image: "\${STACK}/web:\${VERSION}"
    command: [node, -e, "process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000)"]
    init: true
    networks: [app]
    x-slipway: { role: worker }
networks:
  app: { name: "\${STACK}-app", external: true }
volumes:
  tally:
`;

const DOCKERFILE = `ARG NODE_IMAGE
FROM \${NODE_IMAGE}
WORKDIR /app
COPY server.mjs tally.mjs api.mjs ./
USER 0:0
CMD ["node", "server.mjs"]
`;

const server = (words: string) => `import { createServer } from 'node:http';
import { api, upgrade } from './api.mjs';
import { readdirSync } from 'node:fs';
const words = ${JSON.stringify(words)};
const server = createServer((request, response) => {
  if (request.url.startsWith('/api/')) return api(request, response);
  if (request.url === '/tally') return response.end(readdirSync('/tally').sort().join('\\n'));
  if (request.url.startsWith('/hang-up')) return request.socket.destroy();
  // Good enough for every check, and bad for clients.
  if (request.url === '/work' && words.includes('broken')) response.statusCode = 500;
  if (request.url === '/work' && words.includes('slow')) return setTimeout(() => response.end(words), 600);
  if (request.url === '/headers') return response.end(JSON.stringify(request.headers));
  response.end(words);
});
server.keepAliveTimeout = 75000;
server.on('upgrade', upgrade);
server.listen(3000);
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;

/** What long clients need, at the sample app's own paths: a slow request, an upload, a websocket that echoes (RFC 6455). */
const API = `import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
const me = JSON.stringify({ version: process.env.VERSION });
export function api(request, response) {
  const slow = /^.api.slow.seconds=([0-9.]+)$/.exec(request.url);
  if (slow) return setTimeout(() => response.end(me), Number(slow[1]) * 1000);
  // For a check that fails from a moment on, without any client who does.
  const status = { '/api/upload': 201, '/api/fit': existsSync('/tally/unfit') ? 500 : 200 }[request.url] ?? 200;
  request.resume().on('end', () => response.writeHead(status).end(me));
}
const frame = (type, data) => Buffer.concat([Buffer.from([0x80 | type, data.length]), data]);
const sockets = new Set();
process.on('SIGTERM', () => sockets.forEach((socket) => socket.end(frame(8, Buffer.from([3, 233])))));
export function upgrade(request, socket) {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  const key = createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: ' + key + '\\r\\n\\r\\n');
  socket.write(frame(1, Buffer.from(me)));
  socket.on('error', () => {});
  // Short texts only, each in a frame and a piece of its own.
  socket.on('data', (piece) => {
    const mask = piece.subarray(2, 6);
    const data = Buffer.from(piece.subarray(6).map((byte, index) => byte ^ mask[index % 4]));
    const type = piece[0] & 15;
    socket.write(frame(type, data));
    if (type === 8) socket.end();
  });
}
`;

/** Each run of the command leaves a file, so that it shows how often it ran. */
const TALLY = `import { readdirSync, writeFileSync } from 'node:fs';
const name = process.argv[2];
const count = readdirSync('/tally').filter((file) => file.startsWith(name)).length;
writeFileSync('/tally/' + name + '-' + (count + 1) + '-' + process.env.VERSION + '-' + process.env.COLOUR, '');
`;

/**
 * Writes the app into a folder.
 *
 * @param words what its page says
 * @param extra further lines of the web service's x-slipway block
 * @returns the path of its Compose file
 */
export function writeFixtureApp(folder: string, words: string, extra: readonly string[] = []): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'compose.yml');
  writeFileSync(file, COMPOSE.replace('WEB_EXTRA\n', extra.map((line) => `      ${line}\n`).join('')));
  writeFileSync(join(folder, 'Dockerfile'), DOCKERFILE);
  writeFileSync(join(folder, 'server.mjs'), server(words));
  writeFileSync(join(folder, 'tally.mjs'), TALLY);
  writeFileSync(join(folder, 'api.mjs'), API);
  return file;
}
