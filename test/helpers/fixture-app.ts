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
COPY server.mjs tally.mjs ./
USER 0:0
CMD ["node", "server.mjs"]
`;

const server = (words: string) => `import { createServer } from 'node:http';
import { readdirSync } from 'node:fs';
const words = ${JSON.stringify(words)};
const server = createServer((request, response) => {
  if (request.url === '/tally') return response.end(readdirSync('/tally').sort().join('\\n'));
  if (request.url.startsWith('/hang-up')) return request.socket.destroy();
  // Good enough for every check, and bad for clients.
  if (request.url === '/work' && words.includes('broken')) response.statusCode = 500;
  if (request.url === '/work' && words.includes('slow')) return setTimeout(() => response.end(words), 600);
  if (request.url === '/headers') return response.end(JSON.stringify(request.headers));
  response.end(words);
});
server.keepAliveTimeout = 75000;
server.listen(3000);
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
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
  return file;
}
