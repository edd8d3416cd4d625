import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.js';
import type { Report } from './report.js';

/** Where the daemon answers, on the networks of the container; nothing of it is published. */
export const PORT = 9190;

export interface Answers {
  /** What is remembered; asks nobody. */
  summary: () => Report;
  /** The same, after the stores were asked where that is due. */
  report: () => Promise<Report>;
  metrics: (report: Report) => Promise<Metrics>;
  /** Told of what went wrong with an answer. */
  onError: (error: unknown) => void;
}

/**
 * Serves `/metrics` for Prometheus, `/health` (503 when somebody should look at the backups), `/summary` (the same, at once
 * and always 200) and `/live` (the daemon runs).
 *
 * @param port 0: any that is free
 * @returns its port, and a function that stops it
 */
export async function serve(answers: Answers, port: number = PORT): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    answer(request, response, answers).catch((error: unknown) => {
      answers.onError(error);
      send(response, 500, 'text/plain; charset=utf-8', 'the log says what went wrong\n');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => resolve());
  });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port: (server.address() as AddressInfo).port, close };
}

async function answer({ method, url = '' }: IncomingMessage, response: ServerResponse, answers: Answers): Promise<void> {
  if (method !== 'GET' && method !== 'HEAD') return send(response, 405, 'text/plain; charset=utf-8', 'only GET\n', { allow: 'GET, HEAD' });
  switch (url.split('?')[0]) {
    case '/live':
      return send(response, 200, 'text/plain; charset=utf-8', 'ok\n');
    case '/summary':
      return send(response, 200, 'application/json', JSON.stringify(answers.summary()));
    case '/health': {
      const told = await answers.report();
      const well = told.reasons.length === 0;
      const body = { status: well ? 'healthy' : 'unhealthy', ...told };
      return send(response, well ? 200 : 503, 'application/json', `${JSON.stringify(body, undefined, 2)}\n`);
    }
    case '/metrics': {
      const { type, text } = await answers.metrics(await answers.report());
      return send(response, 200, type, text);
    }
    default:
      return send(response, 404, 'text/plain; charset=utf-8', 'there are /metrics, /health, /summary and /live\n');
  }
}

function send(response: ServerResponse, status: number, type: string, body: string, headers: Record<string, string> = {}): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers }).end(body);
}
