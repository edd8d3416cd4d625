import { once } from 'node:events';
import { createAdaptorServer } from '@hono/node-server';
import { createApp } from './app.js';
import { breakage } from './breakage.js';
import { database } from './database.js';
import { drainable } from './drain.js';
import { log } from './log.js';
import { connectRedis } from './redis.js';
import { settings } from './settings.js';
import { stopping } from './stopping.js';
import { attachWebSocket } from './websocket.js';

const redis = connectRedis({ failFast: true });
const app = createApp(redis);

const server = createAdaptorServer({
  fetch: app.fetch,
  serverOptions: {
    // Longer than a proxy keeps its side: the proxy must be the one to close an idle connection,
    // or it would send a request into one that is just being closed.
    keepAliveTimeout: 75_000,
    // Large uploads over slow lines take their time; the proxy guards against dawdlers.
    requestTimeout: 15 * 60_000,
  },
});
const drain = drainable(server);
attachWebSocket(server);

server.listen(settings.port, '0.0.0.0');
await once(server, 'listening');
log.info('listening', { port: settings.port });
breakage.crashLater();

if (!stopping.aborted) await once(stopping, 'abort');
const whole = await drain(settings.drainSeconds);
if (!whole) log.warn('drain time is over: open connections were cut');

if (redis.isReady) await redis.close().catch(() => {});
await database.end().catch(() => {});
log.info('stopped');
process.exit(0);
