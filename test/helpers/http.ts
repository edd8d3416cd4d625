import { type IncomingHttpHeaders, request } from 'node:http';
import { request as secureRequest } from 'node:https';

export interface FetchOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Over TLS, whoever signed the certificate. */
  tls?: boolean;
  port?: number;
  /** How long the answer may take (milliseconds). */
  patience?: number;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** One request to this machine, on a connection of its own, never repeated. */
export function fetchFrom({
  port,
  path,
  method = 'GET',
  headers = {},
  body,
  tls = false,
  patience = 60_000,
}: FetchOptions & { path: string }): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, headers, agent: false as const, timeout: patience };
    const call = tls ? secureRequest({ ...options, rejectUnauthorized: false, servername: 'localhost' }) : request(options);
    call.on('timeout', () => call.destroy(new Error(`no answer within ${patience} ms`)));
    call.on('error', reject);
    call.on('response', async (response) => {
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() });
      } catch (error) {
        reject(error);
      }
    });
    call.end(body);
  });
}
