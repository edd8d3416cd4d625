import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { chatText } from '../../../scripts/lib/webhook/chat-text.js';
import { post } from '../../../scripts/lib/webhook/post.js';

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
    [[undefined], 'no answer within 200 ms'],
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

  test.each([
    ['a port that fetch refuses', 'http://127.0.0.1:1/a-secret', 'bad port'],
    ['a user and a password', 'http://ada:a-secret@127.0.0.1:1234/a-secret', 'fetch refused it (TypeError)'],
    ['no sense', 'a-secret', 'ERR_INVALID_URL'],
    ['a host that there is none of', 'http://a-secret.invalid/a-secret', 'ENOTFOUND|EAI_AGAIN|no answer within 5000 ms'],
    ['TLS that is none', 'https-of-receiver', 'ERR_SSL_\\w+|EPROTO|ECONNRESET'],
  ])('an address with %s is told without it', async (_, address, problem) => {
    const { url } = await receiver([200]);
    const said = await post(
      address.replace('https-of-receiver', url.replace('http:', 'https:')),
      {},
      { ...delivery, timeout: 5_000, waits: [] },
    );
    expect(said).toMatch(new RegExp(`^(${problem.replace(/[()]/g, '\\$&')})$`));
    expect(said).not.toContain('secret');
  });

  test('is given up with its signal, and the time that is left is what counts', async () => {
    const { url } = await receiver([undefined]);
    expect(await post(url, {}, { signal: AbortSignal.timeout(50), timeout: 5_000, waits: [] })).toMatch(/^no answer within/);
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

test.each([
  ['a <!channel> b', 'a &lt;!channel&gt; b'],
  ['a && b', 'a &amp;&amp; b'],
  ['&lt;', '&amp;lt;'],
  ['*nothing* else_', '*nothing* else_'],
])('a chat shows %j as it is', (text, sent) => {
  expect(chatText(text)).toBe(sent);
});
