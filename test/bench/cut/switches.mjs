// Whole switches from one version to another, whatever way, under the load of bench:cut.
import { setTimeout as delay } from 'node:timers/promises';
import { answeringVersion, countedPosts, startClients } from './clients.mjs';

/** Quiet time before, between and after the switches (ms). */
const QUIET_MS = 3_000;
/** How long a way may take until its new version answers (ms), beyond what its commands take. */
const SERVED_MS = 60_000;

/**
 * Switches between v1 and v2 under load.
 *
 * @param port the proxy's published port
 * @param switchTo runs the commands that a person would run to get a version live
 * @param watch where a loss needs an explanation: told of the load, it gives what looks for losses after each switch
 * @param count how many times
 * @param options connections, fresh and think, as parseOptions gives them
 * @returns every request, the moments of every switch (performance.now(), ms; `to` is when its commands had ended), and how
 * many POSTs the app has counted
 * @throws Error when the new version never comes to answer
 */
export async function makeSwitches({ port, switchTo, watch }, count, options, signal) {
  let version = await answeringVersion(port);
  const counted = await countedPosts(port);
  const limit = { requests: count * 500_000, milliseconds: count * 180_000 };
  const load = startClients(port, options, limit);
  const losses = watch?.(load);
  const cuts = [];
  try {
    await delay(QUIET_MS, undefined, { signal });
    for (let index = 0; index < count; index++) {
      version = version === 'v1' ? 'v2' : 'v1';
      const from = performance.now();
      await switchTo(version);
      cuts.push({ from, to: performance.now(), release: version });
      await served(port, version);
      await delay(QUIET_MS, undefined, { signal });
      await losses?.look();
    }
  } finally {
    await load.stop();
  }
  return { samples: load.samples, cuts, posts: (await countedPosts(port)) - counted };
}

async function served(port, version) {
  const latest = performance.now() + SERVED_MS;
  while ((await answeringVersion(port)) !== version) {
    if (performance.now() > latest) throw new Error(`${version} does not answer ${SERVED_MS / 1_000} s after the switch to it`);
    await delay(50);
  }
}
