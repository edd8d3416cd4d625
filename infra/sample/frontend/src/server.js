// Serves dist/: the page always fresh, its hashed assets for ever.
import { once } from 'node:events';
import { createServer } from 'node:http';
import sirv from 'sirv';
import { drainable } from './drain.js';
import { log } from './log.js';

const port = Number(process.env.PORT || 3000);
const drainSeconds = Number(process.env.DRAIN_SECONDS || 25);
const version = process.env.VERSION || 'dev';

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => stop.abort());

const files = sirv('dist', {
  etag: true,
  dev: process.env.NODE_ENV !== 'production', // look at the disk each time
  single: true, // an unknown page address is the page's own business
  ignores: ['^/assets/'], // but an unknown asset is a 404, never the page under an asset's name
  setHeaders(response, path) {
    const forever = path.startsWith('/assets/');
    response.setHeader('Cache-Control', forever ? 'public, max-age=31536000, immutable' : 'no-cache');
    response.setHeader('X-Content-Type-Options', 'nosniff');
  },
});

function json(response, status, body) {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(body));
}

const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
  const path = request.url.split('?', 1)[0];
  const start = performance.now();
  if (stop.signal.aborted) response.setHeader('Connection', 'close');
  if (path === '/health') return json(response, 200, { status: 'healthy', version });

  response.on('close', () =>
    log.info('request', {
      request_id: request.headers['x-request-id'],
      method: request.method,
      path,
      status: response.statusCode,
      ms: Math.round(performance.now() - start),
    }),
  );
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return json(response, 405, { error: 'method not allowed' });
  }
  files(request, response, () => json(response, 404, { error: 'not found' }));
});

const drain = drainable(server);
server.listen(port, '0.0.0.0');
await once(server, 'listening');
log.info('listening', { port });

if (!stop.signal.aborted) await once(stop.signal, 'abort');
log.info('stopping');
await drain(drainSeconds);
log.info('stopped');
process.exit(0);
