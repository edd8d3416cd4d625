// The clients of the benchmark: the same for every way of switching.
import { startLoad } from '../../../dist/load/load.js';

/**
 * Starts GETs that read the database and POSTs that count up in Redis, none of which is ever retried.
 *
 * @param port the proxy's published port on this machine
 * @param options connections, fresh and think, as parseOptions gives them
 * @param limit bounds, as startLoad takes them
 */
export function startClients(port, { connections, fresh, think }, limit) {
  return startLoad({
    host: '127.0.0.1',
    port,
    connections,
    fresh,
    thinkTime: think,
    get: '/api/notes',
    post: { path: '/api/counter', body: '{}' },
    limit,
  });
}

/** @returns how many POSTs the app has carried out so far, as it counts them itself */
export async function countedPosts(port) {
  const response = await fetch(`http://127.0.0.1:${port}/api/counter`);
  return (await response.json()).value;
}

/** @returns the version that answers just now; undefined when nobody does */
export async function answeringVersion(port) {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/api/whoami`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(5_000),
    });
    return response.ok ? (await response.json()).version : undefined;
  } catch {
    // A proxy that is away is what is being measured.
    return undefined;
  }
}
