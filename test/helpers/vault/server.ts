import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Reply, VaultState } from './state.js';

/** A Vault that takes nothing but what its HTTP API documents, and notes down whatever else comes. */
export interface FakeVault {
  address: string;
  state: VaultState;
  /** What came that no client of Vault would send; a test that leaves some has found a bug. */
  violations: string[];
  /** Method and path of each request, in order. */
  requests: string[];
  /** Done with the next requests instead of answering them, one each. */
  instead: ((response: ServerResponse) => void)[];
  stop: () => Promise<void>;
}

/** What an HTTP client adds by itself, and what Vault documents. */
const HEADERS = new Set([
  ...['host', 'connection', 'accept', 'accept-language', 'accept-encoding', 'sec-fetch-mode', 'user-agent'],
  ...['content-type', 'content-length', 'x-vault-token', 'x-vault-namespace', 'x-vault-request'],
]);
const LOGIN = 'auth/approle/login';

/** @param tls a key and a certificate; without them it speaks plain HTTP, as a proxy of Vault on the same machine does */
export async function startVault(tls?: { key: string; cert: string }): Promise<FakeVault> {
  const vault = { state: new VaultState(), violations: [], requests: [], instead: [] } as unknown as FakeVault;
  const handle = (request: IncomingMessage, response: ServerResponse) => void respond(vault, request, response);
  const server: Server = tls ? createTlsServer(tls, handle) : createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vault.address = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vault.stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return vault;
}

async function respond(vault: FakeVault, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', vault.address);
  vault.requests.push(`${request.method} ${decodeURIComponent(url.pathname)}`);
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
  const instead = vault.instead.shift();
  if (instead) return instead(response);
  const { status, body: said } = reply(vault, request, url, body);
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(said));
}

function reply(vault: FakeVault, request: IncomingMessage, url: URL, body: string): Reply {
  const violation = (what: string, status = 400): Reply => {
    vault.violations.push(`${request.method} ${url.pathname}: ${what}`);
    return { status, body: { errors: [what] } };
  };
  const { headers, method } = request;
  const unknown = Object.keys(headers).filter((name) => !HEADERS.has(name));
  if (unknown.length > 0) return violation(`the headers ${unknown.join(', ')}`);
  // What a proxy of Vault with require_request_header answers.
  if (headers['x-vault-request'] !== 'true') return violation("missing 'X-Vault-Request' header", 412);
  if (!url.pathname.startsWith('/v1/') || url.pathname.includes('//')) return violation('no path of the API', 404);
  if (vault.state.sealed) return { status: 503, body: { errors: ['Vault is sealed'] } };
  const path = url.pathname.slice('/v1/'.length).split('/').map(decodeURIComponent).join('/');
  const namespace = String(headers['x-vault-namespace'] ?? '').replace(/^\/+|\/+$/g, '');
  if (path === LOGIN) return login(vault, request, namespace, body, violation);
  if (method !== 'GET') return violation('unsupported operation', 405);
  if (body !== '') return violation('a body in a GET');
  if (path.endsWith('.')) return violation('unsupported path', 404);
  const stray = [...url.searchParams.keys()].filter((key) => key !== 'version');
  if (stray.length > 0) return violation(`the parameters ${stray.join(', ')}`);
  return vault.state.read(namespace, headers['x-vault-token'] as string | undefined, path, Number(url.searchParams.get('version') ?? 0));
}

function login(
  { state }: FakeVault,
  { method, headers }: IncomingMessage,
  namespace: string,
  body: string,
  violation: (what: string, status?: number) => Reply,
): Reply {
  if (method !== 'POST' && method !== 'PUT') return violation('unsupported operation', 405);
  if (headers['x-vault-token'] !== undefined) return violation('a token in a login');
  if (headers['content-type'] !== 'application/json') return violation('a body that is not said to be JSON');
  const given = JSON.parse(body) as Record<string, unknown>;
  if (Object.keys(given).sort().join() !== 'role_id,secret_id') return violation(`the fields ${Object.keys(given).join(', ')}`);
  return state.login(namespace, given);
}
