import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A page with assets at two places: one where unknown names are 404, and one where they are the page, as many apps have it. */
const COMPOSE = `services:
  web:
    image: "\${STACK}/web:\${VERSION}"
    build: { context: ., args: { NODE_IMAGE: "\${NODE_IMAGE}" } }
    init: true
    networks: [app]
    x-slipway:
      role: web
      port: 3000
      route: { path: / }
      assets:
        - /app/public/assets
        - { folder: /app/public/chunks, at: /_app/chunks/ }
networks:
  app: { name: "\${STACK}-app", external: true }
`;

const DOCKERFILE = `ARG NODE_IMAGE
FROM \${NODE_IMAGE}
WORKDIR /app
COPY . ./
USER 0:0
RUN ln -s /etc/passwd public/assets/link.js && ln public/assets/logo.svg public/assets/again.svg
CMD ["node", "server.mjs"]
`;

const SERVER = `import { createServer } from 'node:http';
import { readFileSync, statSync } from 'node:fs';
const folders = { '/assets/': '/app/public/assets/', '/_app/chunks/': '/app/public/chunks/' };
const server = createServer((request, response) => {
  const path = request.url.split('?')[0];
  const at = Object.keys(folders).find((prefix) => path.startsWith(prefix));
  const file = at && folders[at] + path.slice(at.length);
  response.setHeader('X-Method', request.method);
  response.setHeader('X-Asked', request.url);
  if (file && statSync(file, { throwIfNoEntry: false })?.isFile()) return response.end(readFileSync(file));
  response.statusCode = at === '/assets/' ? 404 : 200;
  response.end(at === '/assets/' ? 'the app has no such asset' : '<!doctype html>the page of ' + process.env.VERSION);
});
server.keepAliveTimeout = 75000;
server.listen(3000);
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;

/**
 * Writes the app into a folder, in place of what was there.
 *
 * @param files what is in its folder `public`, by path
 * @returns the path of its Compose file
 */
export function writeAssetsApp(folder: string, files: Record<string, string>): string {
  rmSync(folder, { recursive: true, force: true });
  const all = { 'compose.yml': COMPOSE, Dockerfile: DOCKERFILE, 'server.mjs': SERVER };
  const inPublic = Object.entries(files).map(([path, text]): [string, string] => [`public/${path}`, text]);
  for (const [path, text] of [...Object.entries(all), ...inPublic]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return join(folder, 'compose.yml');
}
