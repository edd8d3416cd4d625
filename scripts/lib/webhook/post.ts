import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors.js';

export interface Delivery {
  signal: AbortSignal;
  /** Milliseconds that one try may take. */
  timeout: number;
  /** Milliseconds before each further try. */
  waits: readonly number[];
}

/**
 * Posts a document as JSON. Redirects are not followed: a secret address is told to nobody else.
 *
 * @returns undefined when it was taken; otherwise why the last try failed. The address, which is a secret, is not in it
 * @throws the signal's AbortError when it is aborted between two tries
 */
export async function post(url: string, payload: unknown, { signal, timeout, waits }: Delivery): Promise<string | undefined> {
  const once = () => tryToPost(url, payload, signal, timeout);
  let problem = await once();
  for (const wait of waits) {
    if (problem === undefined || signal.aborted) break;
    await delay(wait, undefined, { signal });
    problem = await once();
  }
  return problem;
}

async function tryToPost(url: string, payload: unknown, signal: AbortSignal, timeout: number): Promise<string | undefined> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'slipway' },
      body: JSON.stringify(payload),
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    });
    await answer.body?.cancel();
    return answer.ok ? undefined : `it answered ${answer.status}`;
  } catch (error) {
    return problemOf(error, timeout);
  }
}

/**
 * fetch says "fetch failed", and its cause knows why. A refusal of its own, such as of an address with a password in it,
 * repeats the address: of that the name alone is told.
 */
function problemOf(error: unknown, timeout: number): string {
  const { name, cause } = error as Error;
  if (name === 'TimeoutError') return `no answer within ${timeout} ms`;
  if (cause instanceof Error) return (cause as NodeJS.ErrnoException).code ?? messageOf(cause);
  return name === 'AbortError' ? 'it was stopped' : `fetch refused it (${name})`;
}
