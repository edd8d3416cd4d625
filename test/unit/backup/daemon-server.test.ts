import { afterAll, beforeAll, expect, test } from 'vitest';
import { metricsOf } from '../../../scripts/lib/backup/daemon/metrics.js';
import { reportOf } from '../../../scripts/lib/backup/daemon/report.js';
import { serve } from '../../../scripts/lib/backup/daemon/server.js';
import { fetchFrom } from '../../helpers/http.js';
import { facts, plan, stateOf, success } from './daemon-states.js';

const now = new Date('2026-11-22T12:00:00Z');
const drilled = { drill: { success: success('2026-11-22T04:00:10.000Z', { restored: true }) } };
const well = reportOf(stateOf({ facts: facts('2026-11-22T02:00:00.000Z') }, drilled), plan, now);
const ill = reportOf(stateOf(), plan, now);
let report = well;
const errors: unknown[] = [];
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  server = await serve(
    {
      summary: () => report,
      report: async () => report,
      metrics: (told) => (told === ill ? Promise.reject(new Error('broken')) : metricsOf(told, now, { memory: 1, slipway: '0.1.0' })),
      onError: (error) => errors.push(error),
    },
    0,
  );
});
afterAll(() => server.close());
const get = (path: string, method = 'GET') => fetchFrom({ port: server.port, path, method });

test('/health is 200 when all is well, and 503 with reasons when not', async () => {
  report = well;
  const healthy = await get('/health');
  expect([healthy.status, JSON.parse(healthy.body)]).toEqual([
    200,
    expect.objectContaining({ status: 'healthy', stack: 'shop', reasons: [] }),
  ]);
  report = ill;
  const unhealthy = await get('/health');
  expect(unhealthy.status).toBe(503);
  expect(JSON.parse(unhealthy.body)).toMatchObject({ status: 'unhealthy', reasons: ['there is no backup yet, although one was due'] });
});

test('/summary and /live are 200 however the backups are', async () => {
  report = ill;
  expect(await get('/live')).toMatchObject({ status: 200, body: 'ok\n' });
  expect(await get('/summary')).toMatchObject({ status: 200, body: JSON.stringify(ill) });
});

test('/metrics are what Prometheus reads', async () => {
  report = well;
  const { status, headers, body } = await get('/metrics');
  expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  expect(body).toContain('\nslipway_backup_sets{stack="shop"} 1\n');
});

test('what goes wrong with an answer is told, and the answer is 500', async () => {
  report = ill;
  expect((await get('/metrics')).status).toBe(500);
  expect(errors).toEqual([new Error('broken')]);
});

test('anything else is refused', async () => {
  expect((await get('/')).status).toBe(404);
  expect((await get('/health', 'POST')).status).toBe(405);
});
