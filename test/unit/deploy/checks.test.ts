import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type Check, serviceSchema } from '../../../scripts/lib/config/x-slipway.js';
import { CheckError, checksOf, passCheck, problemWith } from '../../../scripts/lib/deploy/checks.js';
import { outsideProbe } from '../../../scripts/lib/deploy/outside-probe.js';
import { appService } from '../fixtures.js';

/** @returns a check out of what a Compose file says */
function checkOf(said: Record<string, unknown>): Check {
  return serviceSchema.parse({ checks: [{ path: '/health', ...said }] }).checks[0] as Check;
}

describe('checksOf', () => {
  test('gives what the service declares', () => {
    const service = appService('backend', { role: 'web', port: 1, route: { path: '/' }, checks: [{ path: '/health' }] });
    expect(checksOf(service).map(({ path }) => path)).toEqual(['/health']);
  });

  test('a web service that declares none has to answer on its first route with anything below 500', () => {
    const [check, ...more] = checksOf(appService('backend', { role: 'web', port: 1, route: [{ path: '/api/' }, { path: '/x/' }] }));
    expect(more).toEqual([]);
    expect(check?.path).toBe('/api/');
    for (const status of [200, 302, 401, 404, 499]) expect(check?.status).toContain(status);
    for (const status of [199, 500, 502]) expect(check?.status).not.toContain(status);
  });

  test('a service that nobody can reach has none', () => {
    expect(checksOf(appService('queue'))).toEqual([]);
    expect(checksOf(appService('inner', { role: 'web', port: 1 }))).toEqual([]);
  });
});

describe('problemWith', () => {
  const answer = (status: number, body = '') => ({ status, body, headers: {} });

  test.each<[number, string, Record<string, unknown>]>([
    [200, '', {}],
    [401, '', { status: [200, 401] }],
    [204, '', { status: 204 }],
    [200, '{"status":"healthy","more":1}', { json: { status: 'healthy' } }],
    [200, '{"a":{"b":[1,2]},"n":null}', { json: { a: { b: [1, 2] }, n: null } }],
    [200, '[]', { json: {} }],
  ])('%i %s passes %j', (status, body, said) => {
    expect(problemWith(answer(status, body), checkOf(said))).toBeUndefined();
  });

  test.each<[number, string, Record<string, unknown>, string]>([
    [500, '', {}, 'answered 500, should be 200'],
    [403, '', { status: [200, 401] }, 'answered 403, should be 200 or 401'],
    [200, 'OK', { json: { status: 'healthy' } }, 'the answer is no JSON'],
    [200, '', { json: { status: 'healthy' } }, 'the answer is no JSON'],
    [200, '{"status":"starting"}', { json: { status: 'healthy' } }, 'status should be "healthy", is "starting"'],
    [200, '{}', { json: { status: 'healthy' } }, 'status should be "healthy", is undefined'],
    [200, 'null', { json: { status: 'healthy' } }, 'status should be "healthy", is undefined'],
    [200, '"healthy"', { json: { status: 'healthy' } }, 'status should be "healthy", is undefined'],
    [200, '{"n":"1"}', { json: { n: 1 } }, 'n should be 1, is "1"'],
    [200, '{"a":{"b":1,"c":2}}', { json: { a: { b: 1 } } }, 'a should be {"b":1}, is {"b":1,"c":2}'],
    [503, '{"status":"healthy"}', { json: { status: 'healthy' } }, 'answered 503, should be 200'],
  ])('%i %s does not pass %j', (status, body, said, problem) => {
    expect(problemWith(answer(status, body), checkOf(said))).toBe(problem);
  });

  test('a request without an answer is told by its reason', () => {
    expect(problemWith({ status: 0, body: '', headers: {}, error: 'connect ECONNREFUSED' }, checkOf({}))).toBe('connect ECONNREFUSED');
    expect(problemWith({ status: 0, body: '', headers: {} }, checkOf({}))).toBe('no answer');
  });

  test('a long list of accepted codes is told as a range', () => {
    const [check] = checksOf(appService('backend', { role: 'web', port: 1, route: { path: '/' } }));
    expect(problemWith(answer(502), check as Check)).toBe('answered 502, should be 200 to 499');
  });
});

describe('passCheck, asking a real server', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  });

  /** Serves what the listener answers. @returns the probe of a check */
  async function serve(listener: RequestListener, timeoutMs = 2_000) {
    const started = createServer(listener);
    server = started;
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    const url = new URL(`http://127.0.0.1:${(started.address() as AddressInfo).port}/health`);
    return () => outsideProbe(url, {}, timeoutMs, false);
  }

  /** Answers with these status codes in turn, and with the last one for ever. */
  function answering(...codes: number[]): RequestListener & { asked: () => number } {
    let asked = 0;
    const listener: RequestListener = (_, response) => {
      response.writeHead(codes[Math.min(asked++, codes.length - 1)] ?? 200);
      response.end(`answer ${asked}`);
    };
    return Object.assign(listener, { asked: () => asked });
  }

  const failure = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => new Error('it passed'),
      (error: unknown) => error,
    );

  test('once is enough unless the check says otherwise', async () => {
    const app = answering(200);
    await passCheck(checkOf({ every: '1ms' }), await serve(app), () => {});
    expect(app.asked()).toBe(1);
  });

  test('it has to pass as many times in a row as the check says: a failure begins anew', async () => {
    const app = answering(200, 200, 500, 200, 503, 200, 200, 200);
    const tries: [string | undefined, number][] = [];
    await passCheck(checkOf({ every: '1ms', times: 3 }), await serve(app), (...tried) => tries.push(tried));
    expect(app.asked()).toBe(8);
    expect(tries.map(([, passed]) => passed)).toEqual([1, 2, 0, 1, 0, 1, 2, 3]);
    expect(tries[2]).toEqual(['answered 500, should be 200', 0]);
  });

  test('two tries are as far apart as the check says', async () => {
    const began = performance.now();
    await passCheck(checkOf({ every: '60ms', times: 3 }), await serve(answering(200)), () => {});
    expect(performance.now() - began).toBeGreaterThanOrEqual(118);
  });

  test('when its time is over it fails with the last reason and the beginning of the answer', async () => {
    const error = await failure(passCheck(checkOf({ every: '10ms', within: '100ms' }), await serve(answering(500)), () => {}));
    expect(error).toBeInstanceOf(CheckError);
    expect((error as CheckError).message).toBe('/health: answered 500, should be 200 (for 100 ms)');
    expect((error as CheckError).details[0]).toMatch(/^the answer was: answer \d+$/);
    expect((error as CheckError).exitCode).toBe(1);
  });

  test('passing now and then is not enough, and is told as what it is', async () => {
    const error = await failure(passCheck(checkOf({ every: '20ms', within: '50ms', times: 50 }), await serve(answering(200)), () => {}));
    expect(error).toBeInstanceOf(CheckError);
    expect((error as CheckError).message).toMatch(/^\/health: passed \d+ times, not 50 \(for 50 ms\)$/);
  });

  test('a server that is not there yet is asked again', async () => {
    const probe = await serve(answering(200));
    const gone = server as Server;
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    let tries = 0;
    await passCheck(checkOf({ every: '5ms' }), probe, (problem) => {
      if (++tries === 1) {
        expect(problem).toContain('ECONNREFUSED');
        server = createServer(answering(200)).listen(port, '127.0.0.1');
      }
    });
    expect(tries).toBeGreaterThan(1);
  });

  test('a server that does not answer in time is told so', async () => {
    const probe = await serve(() => {}, 30);
    const error = await failure(passCheck(checkOf({ every: '10ms', within: '20ms' }), probe, () => {}));
    expect((error as CheckError).message).toContain('no answer within 30 ms');
    expect((error as CheckError).details).toEqual([]);
  });

  test('a long answer is told by its first 300 characters', async () => {
    const probe = await serve((_, response) => response.writeHead(500).end('x'.repeat(10_000)));
    const error = await failure(passCheck(checkOf({ every: '10ms', within: '1ms' }), probe, () => {}));
    expect((error as CheckError).details).toEqual([`the answer was: ${'x'.repeat(300)}`]);
  });

  test('aborting ends the wait at once', async () => {
    const stop = new AbortController();
    const app = answering(500);
    const began = performance.now();
    const error = await failure(
      passCheck(checkOf({ every: '10s', within: '60s' }), await serve(app), () => void setImmediate(() => stop.abort()), stop.signal),
    );
    expect(error).toMatchObject({ name: 'AbortError' });
    expect(app.asked()).toBe(1);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  test('what was aborted before it began asks nobody', async () => {
    const app = answering(200);
    const reason = new Error('Ctrl-C');
    const error = await failure(passCheck(checkOf({}), await serve(app), () => {}, AbortSignal.abort(reason)));
    expect(error).toBe(reason);
    expect(app.asked()).toBe(0);
  });
});
