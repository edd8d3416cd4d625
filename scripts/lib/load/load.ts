import { setTimeout as delay } from 'node:timers/promises';
import { Connection, type Outcome } from './connection.js';

/** One request of a load run. A status of 0 says that it was lost. */
export interface Sample extends Outcome {
  /** When it was sent, as performance.now() has it (milliseconds). */
  at: number;
  milliseconds: number;
  method: 'GET' | 'POST';
}

export interface LoadOptions {
  /** The edge's published address on this machine. */
  host: string;
  port: number;
  /** Keep-alive connections side by side; half of them send POSTs, the others GETs. */
  connections: number;
  /** Clients that open a connection for each request. */
  fresh?: number;
  /** Each client waits a random time up to this (milliseconds) between two requests. */
  thinkTime: number;
  get: string;
  post: { path: string; body: string };
  /** Hard bounds, so that a load never runs on by itself. */
  limit: { requests: number; milliseconds: number };
}

/** A load that is running. */
export interface Load {
  samples: readonly Sample[];
  /** Ends it, waits for what is in flight. */
  stop: () => Promise<void>;
}

/**
 * Sends GETs and POSTs over keep-alive connections and never retries: what a client loses is counted as lost. Only
 * loopback addresses are accepted.
 *
 * @throws Error for any other address
 */
export function startLoad(options: LoadOptions): Load {
  if (!/^(127\.|localhost$|::1$)/.test(options.host)) throw new Error(`a load goes to this machine only, not to ${options.host}`);
  const samples: Sample[] = [];
  const end = performance.now() + options.limit.milliseconds;
  let stopped = false;
  const goesOn = () => !stopped && samples.length < options.limit.requests && performance.now() < end;

  const client = async (index: number) => {
    const connection = new Connection(options);
    const method = index % 2 === 0 ? 'GET' : 'POST';
    const request = requestOf(options, method, index < options.connections);
    while (goesOn()) {
      const at = performance.now();
      const outcome = await connection.ask(request);
      samples.push({ at, milliseconds: performance.now() - at, method, ...outcome });
      await delay(Math.random() * options.thinkTime);
    }
    connection.close();
  };
  const clients = Promise.all(Array.from({ length: options.connections + (options.fresh ?? 0) }, (_, index) => client(index)));
  return {
    samples,
    stop: async () => {
      stopped = true;
      await clients;
    },
  };
}

function requestOf({ host, port, get, post }: LoadOptions, method: Sample['method'], keepAlive: boolean): Buffer {
  const body = method === 'POST' ? post.body : '';
  const lines = [
    `${method} ${method === 'POST' ? post.path : get} HTTP/1.1`,
    `Host: ${host}:${port}`,
    `Connection: ${keepAlive ? 'keep-alive' : 'close'}`,
    ...(method === 'POST' ? ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`] : []),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
