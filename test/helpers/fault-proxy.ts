import { createHash } from 'node:crypto';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that came by. */
export interface Seen {
  /** What S3 calls it: `PutObject`, `UploadPart`, … */
  operation: string;
  /** Of UploadPart; else 0. */
  part: number;
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  /** The hash of the body, when it has come to its end. */
  sha256: string | undefined;
  /** The client has closed the connection in the middle of it. */
  cutOff: boolean;
}

/** What goes wrong with a request. */
export type Fault =
  /** An answer in place of the server's, once the whole request has come. */
  | { answer: number; code?: string; message?: string; body?: string }
  /** The same, when nothing but the request's head has come. */
  | { answerAtOnce: number; code: string }
  /** The connection is reset after so many bytes of the request's body, at its end at the latest. */
  | { resetAfter: number }
  /** The server handles the request, and the connection is reset in place of its answer. */
  | { loseAnswer: true }
  /** The server's answer ends after so many bytes of its body, if it has more. */
  | { truncateAfter: number }
  /** The request is taken, and nothing is ever answered. */
  | { hang: true };

/** Which requests it happens to. */
export interface Rule {
  when: string | ((seen: Seen) => boolean);
  /** The n-th of them, from 1; all of them when left out. */
  nth?: number;
  fault: Fault;
  /** Called when it happens. */
  onHit?: () => void;
}

export interface FaultProxy {
  endpoint: string;
  /** Every request since the last {@link FaultProxy.reset}. */
  seen: Seen[];
  /** @returns how many requests of an operation came */
  count: (operation: string) => number;
  add: (rule: Rule) => void;
  /** Forgets all rules and requests. */
  reset: () => void;
  stop: () => Promise<void>;
}

/**
 * Starts an HTTP proxy that passes requests on as they are, Host header included: it is part of what is signed.
 *
 * @param address this machine's own, where the clients reach it: containers do at their network's gateway
 */
export async function startFaultProxy(target: string, address = '127.0.0.1'): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true });
  const seen: Seen[] = [];
  let rules: (Rule & { met: number })[] = [];

  const faultFor = (now: Seen): Fault | undefined => {
    for (const rule of rules) {
      const meets = typeof rule.when === 'string' ? rule.when === now.operation : rule.when(now);
      if (!meets) continue;
      rule.met++;
      if (rule.nth !== undefined && rule.nth !== rule.met) continue;
      rule.onHit?.();
      return rule.fault;
    }
    return undefined;
  };

  const server = createServer((incoming, outgoing) => {
    const now = describe(incoming);
    seen.push(now);
    const hash = createHash('sha256');
    incoming.on('data', (piece: Buffer) => hash.update(piece));
    const cutOff = () => {
      now.cutOff = true;
    };
    incoming.socket.once('close', cutOff);
    incoming.on('end', () => {
      incoming.socket.off('close', cutOff);
      now.sha256 = hash.digest('hex');
    });
    outgoing.on('error', () => {}); // a connection that was reset on purpose
    handle(incoming, outgoing, faultFor(now), { target, agent });
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return {
    endpoint: `http://${address}:${(server.address() as AddressInfo).port}`,
    seen,
    count: (operation) => seen.filter((one) => one.operation === operation).length,
    add: (rule) => void rules.push({ ...rule, met: 0 }),
    reset: () => {
      rules = [];
      seen.length = 0;
    },
    stop: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function describe({ method = '', url = '', headers }: IncomingMessage): Seen {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const hasKey = pathname.split('/').filter(Boolean).length > 1;
  return {
    operation: operationOf(method, searchParams, hasKey),
    part: Number(searchParams.get('partNumber')),
    method,
    url,
    headers,
    sha256: undefined,
    cutOff: false,
  };
}

function operationOf(method: string, query: URLSearchParams, hasKey: boolean): string {
  if (query.has('uploads')) return method === 'POST' ? 'CreateMultipartUpload' : 'ListMultipartUploads';
  if (query.has('uploadId'))
    return { PUT: 'UploadPart', POST: 'CompleteMultipartUpload', DELETE: 'AbortMultipartUpload' }[method] ?? method;
  if (query.has('delete')) return 'DeleteObjects';
  if (!hasKey) return method === 'GET' ? 'ListObjectsV2' : `${method} bucket`;
  return { PUT: 'PutObject', GET: 'GetObject', HEAD: 'HeadObject', DELETE: 'DeleteObject' }[method] ?? method;
}

interface Server {
  target: string;
  agent: Agent;
}

function handle(incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault | undefined, server: Server): void {
  const reset = () => void incoming.socket.resetAndDestroy();
  if (fault && 'hang' in fault) return void incoming.resume();
  if (fault && 'answerAtOnce' in fault) return void answer(outgoing, fault.answerAtOnce, xml(fault.code, ''));
  if (fault && 'answer' in fault) {
    const { answer: status, code = 'Fault', message = 'on purpose', body = xml(code, message) } = fault;
    incoming.resume().on('end', () => answer(outgoing, status, incoming.method === 'HEAD' ? '' : body));
    return;
  }
  if (fault && 'resetAfter' in fault) {
    let bytes = 0;
    incoming.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes >= fault.resetAfter) reset();
    });
    incoming.on('end', reset);
    return;
  }
  forward(incoming, server, (response) => {
    if (!fault) return void response.pipe(outgoing.writeHead(response.statusCode ?? 0, response.rawHeaders));
    if ('loseAnswer' in fault) return void response.resume().on('end', reset);
    outgoing.writeHead(response.statusCode ?? 0, response.rawHeaders);
    truncate(response, outgoing, fault.truncateAfter);
  }).on('error', reset);
}

function forward(incoming: IncomingMessage, { target, agent }: Server, onResponse: (response: IncomingMessage) => void) {
  const { hostname, port } = new URL(target);
  const { method, url, headers } = incoming;
  const outward = request({ hostname, port, method, path: url, headers, agent });
  outward.on('response', onResponse);
  // Who asks and goes away must not leave half a request with the server.
  incoming.on('aborted', () => outward.destroy());
  return incoming.pipe(outward);
}

function truncate(response: IncomingMessage, outgoing: ServerResponse, bytes: number): void {
  let left = bytes;
  response.on('data', (piece: Buffer) => {
    outgoing.write(piece.subarray(0, left));
    left -= piece.length;
    if (left > 0) return;
    response.destroy();
    outgoing.end(() => outgoing.destroy());
  });
  response.on('end', () => outgoing.end());
}

function answer(outgoing: ServerResponse, status: number, body: string): void {
  outgoing.writeHead(status, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body) }).end(body);
}

function xml(code: string, message: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>1</RequestId></Error>`;
}
