// The HTTP application: what surrounds every route, and the list of them.
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { requestId } from 'hono/request-id';
import { health } from './health.js';
import { log, reason } from './log.js';
import { counter } from './routes/counter.js';
import { events } from './routes/events.js';
import { jobs } from './routes/jobs.js';
import { login } from './routes/login.js';
import { notes } from './routes/notes.js';
import { scheduler } from './routes/scheduler.js';
import { slow } from './routes/slow.js';
import { upload } from './routes/upload.js';
import { build, settings } from './settings.js';
import { stopping } from './stopping.js';

const QUIET = /^(\/api)?\/(health|ready)$/;

/** @param {import('redis').RedisClientType} redis */
export function createApp(redis) {
  const app = new Hono();

  app.use(requestId({ headerName: 'X-Request-ID' }));
  app.use(async (c, next) => {
    const start = performance.now();
    await next();
    // A kept connection would hold up the drain, and its next request would find nobody.
    if (stopping.aborted) c.header('Connection', 'close');
    if (QUIET.test(c.req.path)) return;
    log.info('request', {
      request_id: c.get('requestId'),
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      ms: Math.round(performance.now() - start),
    });
  });

  app.onError((error, c) => {
    if (error instanceof HTTPException) return c.json({ error: error.message || 'refused' }, error.status);
    log.error('request failed', { request_id: c.get('requestId'), path: c.req.path, reason: reason(error) });
    return c.json({ error: 'internal error', request_id: c.get('requestId') }, 500);
  });
  app.notFound((c) => c.json({ error: 'not found' }, 404));

  // Under /api too, for checks that come through the proxy.
  for (const prefix of ['', '/api']) {
    app.get(`${prefix}/health`, async (c) => {
      const report = await health(redis);
      return c.json(report, report.status === 'healthy' ? 200 : 503);
    });
    app.get(`${prefix}/ready`, async (c) => {
      const report = await health(redis);
      if (stopping.aborted) report.status = 'draining';
      return c.json(report, report.status === 'healthy' ? 200 : 503);
    });
  }

  app.get('/api/whoami', (c) => c.json({ ...build, hostname: settings.hostname }));
  app.route('/api/notes', notes);
  app.route('/api/counter', counter(redis));
  app.route('/api/jobs', jobs(redis));
  app.route('/api/scheduler', scheduler);
  app.route('/api/slow', slow);
  app.route('/api/upload', upload);
  app.route('/api/events', events);
  app.route('/api/v1', login());
  return app;
}
