import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** One request of a load run. */
export interface Sample {
  /** When it was sent, as performance.now() has it (milliseconds). */
  at: number;
  milliseconds: number;
  /** 0 when the request was lost: no answer came, or not a whole one. */
  status: number;
  /** The release that answered, as the edge names it. */
  release: string | undefined;
  method: 'GET' | 'POST';
  /** Why it was lost. */
  error?: string;
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
    const agent = new Agent({ keepAlive: index < options.connections, maxSockets: 1 });
    const method = index % 2 === 0 ? 'GET' : 'POST';
    while (goesOn()) {
      samples.push(await send(options, method, agent));
      await delay(Math.random() * options.thinkTime);
    }
    agent.destroy();
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

/** How long an answer may take before the request counts as lost. */
const PATIENCE_MS = 30_000;

function send({ host, port, get, post }: LoadOptions, method: Sample['method'], agent: Agent): Promise<Sample> {
  const at = performance.now();
  return new Promise((resolve) => {
    const finish = (status: number, release: string | undefined, error?: string) =>
      resolve({ at, milliseconds: performance.now() - at, status, release, method, ...(error === undefined ? {} : { error }) });
    const headers = method === 'POST' ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(post.body) } : {};
    const call = request({ host, port, path: method === 'POST' ? post.path : get, method, headers, agent, timeout: PATIENCE_MS });
    call.on('timeout', () => call.destroy(new Error('no answer in time')));
    call.on('error', (error: NodeJS.ErrnoException) => finish(0, undefined, error.code ?? error.message));
    call.on('response', (response) => {
      response.resume();
      const release = response.headers['x-release'];
      response.on('end', () => finish(response.statusCode ?? 0, typeof release === 'string' ? release : undefined));
      response.on('error', (error: NodeJS.ErrnoException) => finish(0, undefined, error.code ?? error.message));
    });
    call.end(method === 'POST' ? post.body : undefined);
  });
}
