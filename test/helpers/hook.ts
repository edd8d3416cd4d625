import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A webhook's receiver. */
export interface Hook {
  /** For BACKUP_WEBHOOK_URL or DEPLOY_WEBHOOK_URL. */
  url: string;
  /** What was posted, in its order. */
  received: Record<string, unknown>[];
  close: () => Promise<void>;
}

/** What stands in the address and must not be found anywhere else. */
export const SECRET_PATH = 'a-secret-of-the-hook';

/**
 * Listens for what is posted.
 *
 * @param host this machine's address to listen on
 * @param options `silent`: takes what is posted and never answers
 */
export async function listenForPosts(host = '127.0.0.1', { silent = false } = {}): Promise<Hook> {
  const received: Record<string, unknown>[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
    received.push(JSON.parse(body) as Record<string, unknown>);
    if (!silent) response.end('ok');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const close = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { url: `http://${host}:${(server.address() as AddressInfo).port}/services/${SECRET_PATH}`, received, close };
}
