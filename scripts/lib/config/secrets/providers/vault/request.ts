import { setTimeout as delay } from 'node:timers/promises';
import { SlipwayError, UsageError } from '../../../../errors.js';
import { objectOf } from '../provider.js';
import { unreachable, wasNeverSent } from '../unreachable.js';
import { segments, type VaultOptions } from './options.js';

/** What Vault answered. */
export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

interface Request {
  method: 'GET' | 'POST';
  /** Its parts behind /v1/, not encoded yet. */
  path: readonly string[];
  token?: string;
  json?: unknown;
}

export const TIMEOUT_MS = 10_000;
const PAUSES_MS = [250, 1_000];
/** A standby node sends clients to the active one; more than a few of that is a circle. */
const MOST_REDIRECTS = 3;

/**
 * Asks Vault: https://developer.hashicorp.com/vault/api-docs. A read is repeated where that may help; a login only when Vault cannot
 * have taken it, since a secret id may be good for one use.
 *
 * @param name the provider's name, for the messages
 * @throws SlipwayError when no answer of Vault came
 */
export async function ask(name: string, options: VaultOptions, request: Request): Promise<Answer> {
  const pauses = [...(options.pausesMs ?? PAUSES_MS)];
  for (;;) {
    const pause = pauses.shift();
    try {
      const answer = await askOnce(name, options, request);
      if (pause === undefined || !mayPass(answer, request.method)) return answer;
    } catch (error) {
      if (error instanceof SlipwayError) throw error;
      if (pause === undefined || !isWorthRepeating(error, request.method)) {
        throw unreachable(name, error, 'VAULT_ADDR', options.timeoutMs ?? TIMEOUT_MS);
      }
    }
    await delay(pause);
  }
}

/** 412: data that has not reached this node yet; 429: too many requests. Neither was worked on. */
function mayPass({ status, body }: Answer, method: Request['method']): boolean {
  if (status === 429) return true;
  if (method !== 'GET') return false;
  return status === 412 || status === 500 || status === 502 || status === 504 || (status === 503 && !isSealed(body));
}

/** @returns whether Vault says that it is sealed, which only people can change */
export function isSealed(body: Answer['body']): boolean {
  return errorsOf(body).some((line) => /\bsealed\b/i.test(line));
}

/** What took the whole time once is not waited for again. */
function isWorthRepeating(error: unknown, method: Request['method']): boolean {
  return wasNeverSent(error) || (method === 'GET' && /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(codeBehind(error)));
}

function codeBehind(error: unknown): string {
  return String((error as { cause?: { code?: unknown } }).cause?.code);
}

/** @returns the lines of Vault's own error, for telling its kind; they are shown to nobody */
export function errorsOf(body: Answer['body']): string[] {
  return Array.isArray(body.errors) ? body.errors.map(String) : [];
}

async function askOnce(name: string, { address, namespace, timeoutMs = TIMEOUT_MS }: VaultOptions, request: Request): Promise<Answer> {
  const signal = AbortSignal.timeout(timeoutMs);
  let url = urlOf(address, request.path);
  for (let redirects = 0; ; redirects += 1) {
    const response = await fetch(url, {
      method: request.method,
      headers: {
        // Proxies of Vault can ask for it, so that no page in a browser can be made to send a request.
        'x-vault-request': 'true',
        ...(namespace ? { 'x-vault-namespace': namespace } : {}),
        ...(request.token ? { 'x-vault-token': request.token } : {}),
        ...(request.json === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: request.json === undefined ? null : JSON.stringify(request.json),
      redirect: 'manual',
      signal,
    });
    const text = await response.text();
    if (response.status < 300 || response.status > 399) return answerOf(name, response.status, text);
    if (redirects === MOST_REDIRECTS) throw new UsageError(`${name}: redirects in a circle`, { hints: ['VAULT_ADDR: is it right?'] });
    url = followed(name, url, response.headers.get('location'));
  }
}

/** The token, or the secret id, goes to nobody but whom the person named. */
function followed(name: string, from: URL, location: string | null): URL {
  const to = location !== null && URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  if (to?.origin === from.origin) return to;
  throw new UsageError(`${name}: sends clients on to ${to?.origin ?? 'nowhere'}, where the token was not sent`, {
    hints: ['VAULT_ADDR: should be the address of the active node, or of what stands before all of them'],
  });
}

function urlOf(address: string, path: readonly string[]): URL {
  const url = new URL(address);
  url.pathname = [...segments(url.pathname), 'v1', ...path.map(encodeURIComponent)].join('/');
  return url;
}

function answerOf(name: string, status: number, text: string): Answer {
  const body = objectOf(text);
  if (body) return { status, body };
  throw new SlipwayError(`${name}: answered ${status}, and not as Vault does`, {
    hints: ['VAULT_ADDR: is it Vault, or a proxy before it that has its own page?'],
  });
}
