import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { JobState } from '../../../scripts/lib/backup/daemon/state.js';
import { announcementOf, payloadOf, post } from '../../../scripts/lib/backup/daemon/webhook.js';
import { failure, success } from './daemon-states.js';

const due = '2026-11-22T02:00:00.000Z';
const first = failure('2026-11-22T02:01:00.000Z', { due });
const told = { at: first.at, kind: first.kind, due };
const announced = (state: Partial<JobState>, doneLater?: string) => announcementOf('backup', { failures: {}, ...state }, doneLater);

describe('somebody is told', () => {
  test('of the first failure', () => {
    expect(announced({ failure: first })).toMatchObject({
      event: 'failure',
      kind: 'store',
      message: 'the backup failed: s3://bucket: it is full',
      at: first.at,
    });
  });

  test('not of each retry; of one that is about something else, and of the next night', () => {
    const retry = failure('2026-11-22T02:06:00.000Z', { due });
    expect(announced({ failure: retry, announced: told })).toBeUndefined();
    expect(announced({ failure: { ...retry, kind: 'postgres' }, announced: told })).toMatchObject({ event: 'failure', kind: 'postgres' });
    const nextNight = failure('2026-11-23T02:01:00.000Z', { due: '2026-11-23T02:00:00.000Z' });
    expect(announced({ failure: nextNight, announced: told })).toMatchObject({ event: 'failure' });
  });

  test('when it works again, whoever did it, and once', () => {
    const again = success('2026-11-22T02:07:00.000Z', { set: '20261122_020601' });
    expect(announced({ failure: first, success: again, announced: told })).toMatchObject({
      event: 'recovery',
      message: 'the backup works again',
      set: '20261122_020601',
      at: again.ended,
    });
    expect(announced({ failure: first, announced: told }, '2026-11-22T02:30:00.000Z')).toMatchObject({ event: 'recovery' });
    expect(announced({ failure: first, success: again })).toBeUndefined();
  });

  test('of nothing while all is well', () => {
    expect(announced({})).toBeUndefined();
    expect(announced({ success: success(due) })).toBeUndefined();
  });
});

test('the document says what failed, and has the text that Slack shows', () => {
  const announcement = announced({ failure: { ...first, details: ['the bucket has 0 bytes left'] } });
  expect(announcement && payloadOf(announcement, 'shop', 'cron-1')).toEqual({
    stack: 'shop',
    event: 'failure',
    job: 'backup',
    kind: 'store',
    message: 'the backup failed: s3://bucket: it is full',
    details: ['the bucket has 0 bytes left'],
    set: null,
    at: first.at,
    host: 'cron-1',
    text: '❌ shop: the backup failed: s3://bucket: it is full\nthe bucket has 0 bytes left',
  });
});

describe('posting', () => {
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  /** @param answers a status for each request, or undefined for none at all; the last one goes on */
  async function receiver(answers: readonly (number | undefined)[]): Promise<{ url: string; bodies: string[] }> {
    const bodies: string[] = [];
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
      const status = answers[Math.min(bodies.push(body), answers.length) - 1];
      if (status !== undefined) response.writeHead(status, { location: '/elsewhere' }).end('hello');
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/secret`, bodies };
  }
  const delivery = { signal: new AbortController().signal, timeout: 200, waits: [1, 1] };

  test('goes on until it is taken', async () => {
    const { url, bodies } = await receiver([500, undefined, 204]);
    expect(await post(url, { a: 1 }, delivery)).toBeUndefined();
    expect(bodies).toEqual(['{"a":1}', '{"a":1}', '{"a":1}']);
  });

  test.each([
    [[404], 'it answered 404'],
    [[302], 'it answered 302'],
    [[undefined], 'The operation was aborted due to timeout'],
  ])('gives up after three tries that end in %j', async (answers, problem) => {
    const { url, bodies } = await receiver(answers);
    expect(await post(url, {}, delivery)).toBe(problem);
    expect(bodies).toHaveLength(3);
  });

  test('says why nobody was reached, without the address, which is a secret', async () => {
    const { url } = await receiver([200]);
    const [server] = servers.splice(0);
    await new Promise((resolve) => server?.close(resolve));
    expect(await post(url, {}, delivery)).toBe('ECONNREFUSED');
  });

  test('ends with the daemon', async () => {
    const { url, bodies } = await receiver([500]);
    const stop = new AbortController();
    const posting = post(url, {}, { signal: stop.signal, timeout: 5_000, waits: [60_000] });
    await expect.poll(() => bodies.length).toBe(1);
    stop.abort();
    await expect(posting.catch((error: Error) => error.name)).resolves.toMatch(/AbortError|abort/);
  });
});
