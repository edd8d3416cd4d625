import { request as http } from 'node:http';
import { request as https } from 'node:https';
import type { ProbeResponse } from '../engine/deck/protocol.js';

const BODY_LIMIT = 64 * 1024;

/**
 * Makes one request from this process, on a connection of its own.
 *
 * @param selfSigned accept a certificate that nobody vouches for
 * @returns the answer; status 0 with the reason when there was none
 */
export function outsideProbe(url: URL, headers: Record<string, string>, timeoutMs: number, selfSigned: boolean): Promise<ProbeResponse> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) =>
      resolve({ status: 0, headers: {}, body: '', error: error.message || String(error.code) });
    const options = { headers, agent: false, rejectUnauthorized: !selfSigned };
    const request = (url.protocol === 'https:' ? https : http)(url, options, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        if (body.length < BODY_LIMIT) body += chunk;
      });
      response.on('error', failed);
      response.on('end', () => {
        const flat = Object.entries(response.headers).map(([key, value]) => [key, String(value)]);
        resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(flat), body });
      });
    });
    const deadline = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    request.on('error', failed);
    request.on('close', () => clearTimeout(deadline));
    request.end();
  });
}
