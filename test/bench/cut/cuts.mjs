// Our cuts: traffic moves between two colours that run, by the edge's own cut, as in a warm rollback. No container is started.
import { setTimeout as delay } from 'node:timers/promises';
import { resolveApp } from '../../../dist/deploy/resolve.js';
import { findSource } from '../../../dist/deploy/source.js';
import { Edge } from '../../../dist/edge/edge.js';
import { renderEdge } from '../../../dist/edge/render.js';
import { Compose } from '../../../dist/engine/compose.js';
import { Deck } from '../../../dist/engine/deck/deck.js';
import { countedPosts, startClients } from './clients.mjs';
import { watchForLosses } from './evidence.mjs';

/** Quiet time of the load before the first cut and after the last one, at least (ms). */
const QUIET_MS = 3_000;

/**
 * Cuts to and fro, spread evenly over the requests, each after the drain of the one before.
 *
 * @param stack a stack with v1 in blue and v2 in green, both running
 * @param options as parseOptions gives them
 * @param say a line for the person
 * @returns every request, the moments of every cut (performance.now(), ms), and how many POSTs the app has counted
 */
export async function makeCuts(stack, options, say, signal) {
  const { edge, deck, set } = await hold(stack);
  const counted = await countedPosts(stack.http);
  const limit = { requests: options.requests * 2, milliseconds: options.minutes * 60_000 + 60_000 };
  const load = startClients(stack.http, options, limit);
  const losses = watchForLosses(load, stack, say);
  const cuts = [];
  try {
    const began = performance.now();
    for (let index = 0; index < options.cuts; index++) {
      await share(load, began, (index + 1) / (options.cuts + 1), options, signal);
      const colour = index % 2 === 0 ? 'blue' : 'green';
      cuts.push(await cut(edge, deck, set(colour)));
      await losses.look();
      if ((index + 1) % 10 === 0) say(`${index + 1} cuts, ${load.samples.length} requests, ${losses.count()} lost or refused`);
    }
    await share(load, began, 1, options, signal);
  } finally {
    await load.stop();
    await deck.close();
  }
  await losses.look();
  return { samples: load.samples, cuts, posts: (await countedPosts(stack.http)) - counted };
}

/** What a deploy holds while it cuts: the lock with its token, the edge, and the configuration of each colour. */
async function hold({ docker, config }) {
  const release = (colour) => ({ colour, version: colour === 'blue' ? 'v1' : 'v2', release: 'bench' });
  const source = await findSource(config, 'v2');
  const { app } = await resolveApp(new Compose(docker.endpoint), config, source, release('blue'));
  const deck = await Deck.open(docker, { names: config.names, image: config.settings.NODE_IMAGE, command: 'bench:cut' });
  const set = (colour) => renderEdge('live', { ...release(colour), token: deck.token, services: app.services }, config.settings);
  return { deck, edge: await Edge.find(docker, config.names), set };
}

async function cut(edge, deck, set) {
  const from = performance.now();
  const { drained } = await edge.cut(deck.token, set);
  const to = performance.now();
  await drained;
  return { from, to, drained: performance.now(), release: JSON.parse(set.find(({ path }) => path === 'live.json').content).release };
}

/** Waits for a share of all requests, but not longer than for that share of the time. */
async function share(load, began, part, { requests, minutes }, signal) {
  const latest = began + part * minutes * 60_000;
  await delay(QUIET_MS, undefined, { signal });
  while (load.samples.length < part * requests && performance.now() < latest) await delay(20, undefined, { signal });
}
